"""The command line: the one place that starts both a server and a Blender, as processes."""
