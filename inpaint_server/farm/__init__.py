"""Jobs that are worked off on other machines: the store that all see, turns and their leases, and who hands them out.

The server keeps the queue and every record. A turn is a job at work somewhere: it reads from the store what the job
is, works in a folder of its own machine with the very code that a single machine uses, and writes what it has made
under its own name in the store, from where the server takes it over.
"""
