"""A video rendered in chunks by several Blenders at once: ranges, what is kept, who renders, and the joining."""
