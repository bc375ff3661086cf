"""What every room speaks: the project, the plan, plates, the scene spec, the wire format and the errors.

Pure Python and numpy (1.26 and 2.x, Python 3.11 and 3.13), because the server, the command line and Blender's own
Python all import it. It imports none of the other rooms; `tests/core/test_rooms.py` holds that.
"""
