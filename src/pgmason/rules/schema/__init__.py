"""Rules over one catalog: what a schema lacks or does twice, one file a rule."""
