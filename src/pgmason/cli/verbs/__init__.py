"""One file a verb: read arguments, call one function, render its result."""
