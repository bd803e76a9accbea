"""Is this product done, by the brief's own words?

`brief.py` lists the lines of the brief, `criteria/` holds one file for each criterion that serves them,
`run.py` collects their evidence, `screen.py` and `reports.py` print the verdicts.
"""
