"""What a sound tells: where it begins anew, how fast it beats, how loud it is, and where it changes.

Everything is plain numpy on samples that somebody else has decoded, so that Blender, the server and the command line
hear the same. A library for music (librosa, Essentia) was the other road: it brings nine packages more, and none of
them may be needed inside Blender.
"""
