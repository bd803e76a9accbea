"""What people, agents and machines are told in a repository: protocols, AGENTS.md, continuous integration, test set-up.

    written.py     files that are written once, and the one block of a file that is ours
    protocols.py   the brief's three protocols, as pages (protocols/*.md)
    agents.py      which command proves what, for a coding agent
    workflows.py   the gate on a pull request: GitHub Actions, GitLab CI
    setups.py      a global set-up for Jest and Vitest that fetches a scratch database

Nothing here decides what a repository holds: that is products/. Nothing that somebody else wrote is overwritten.
"""
