"""Write, and hagen itself."""

from hagen.diagnostic import Code

CANNOT_WRITE = Code("HG6001", "cannot-write", "error", "the output folder cannot be written")
SYMLINK_IN_THE_WAY = Code(
    "HG6002", "symlink-in-the-way", "error", "a symbolic link stands inside the output folder"
)
FOREIGN_FILE = Code("HG6003", "foreign-file", "error", "a file that hagen did not make stands in the way")
EDITED_LEFTOVER = Code(
    "HG6004", "edited-leftover", "warning", "a file that is no longer made was edited, so it stays"
)
SHARED_FOLDER = Code("HG6005", "shared-folder", "error", "two topologies would be written into one folder")
BUG = Code("HG9001", "bug-in-hagen", "error", "hagen itself failed")
