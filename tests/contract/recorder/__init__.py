"""Records real traffic without what is sensitive, and replays it against another build."""
