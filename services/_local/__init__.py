"""The local mesh: runs every part on one bare machine, without containers."""
