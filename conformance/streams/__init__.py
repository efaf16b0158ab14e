"""Event streams: an incremental reader and the grammar of what it reads."""
