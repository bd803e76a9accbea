"""How does continuous integration run the gate, so that a pull request shows its verdict?

For GitHub a workflow of its own; for GitLab a file that the pipeline includes by one line, because a pipeline is one
file that is not ours. Only the products that a change touches are judged, and one short comment is kept current. SQL
and code of a pull request run without any secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pgmason import __version__
from pgmason.config import Product
from pgmason.instructions.written import Written, write_once
from pgmason.renderings import COMMENT_MARK

__all__ = ["GITLAB_INCLUDE", "github_workflow", "gitlab_job", "write_workflows"]

_GITHUB = ".github/workflows/pgmason.yml"
_GITLAB = ".gitlab/pgmason.yml"
GITLAB_INCLUDE = f"include: {{ local: /{_GITLAB} }}"


def write_workflows(root: Path, products: Sequence[Product]) -> tuple[Written, ...]:
    """Write what the forge of this repository runs: GitLab's where it is on GitLab, else GitHub's. Raises WrongUse."""
    majors = sorted({product.major for product in products})
    gitlab = (root / ".gitlab-ci.yml").exists() or "gitlab" in _remote(root)
    github = (root / ".github").is_dir() or "github" in _remote(root) or not gitlab
    written = []
    if github:
        written.append(write_once(root, _GITHUB, github_workflow(majors)))
    if gitlab:
        written.append(write_once(root, _GITLAB, gitlab_job(majors)))
    return tuple(written)


def _remote(root: Path) -> str:
    """The hosts of the checkout's remotes, as git's own configuration has them."""
    try:
        text = (root / ".git" / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return " ".join(re.findall(r"^\s*url\s*=\s*(?:\w+://)?(?:[^@\s/]+@)?([^\s:/]+)", text, re.MULTILINE)).lower()


def github_workflow(majors: Sequence[int]) -> str:
    """The workflow for GitHub Actions."""
    installs = "\n".join(f"      - run: pgmason server install {major}" for major in majors)
    cached = "-".join(str(major) for major in majors)
    return f"""\
# Written by `pgmason init`. It is yours to change: it is not written again.
name: pgmason
on:
  pull_request:
permissions:
  contents: read
  pull-requests: write # for the one comment
concurrency:
  group: pgmason-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # what is touched is told from where the branch left
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - uses: actions/cache@v4
        with:
          path: ~/.cache/pgmason/servers
          key: pgmason-servers-${{{{ runner.os }}}}-{cached}
      - run: pip install pgmason=={__version__}
{installs}
      - name: The gate
        run: pgmason gate --since "origin/$BASE" --at pull-request --output comment=gate.md
        env:
          BASE: ${{{{ github.base_ref }}}}
      - name: The verdict, as the summary of this run
        if: always()
        run: if [ -f gate.md ]; then cat gate.md >> "$GITHUB_STEP_SUMMARY"; fi
      - name: The verdict, as a comment # a fork's pull request may not write one
        if: always() && github.event.pull_request.head.repo.full_name == github.repository
        run: |
          if [ ! -f gate.md ]; then exit 0; fi
          comments="repos/$GH_REPO/issues/$NUMBER/comments"
          find='.[] | select(.body | startswith("{COMMENT_MARK}")) | .id'
          ours=$(gh api "$comments" --paginate --jq "$find" | head -n 1)
          if [ -n "$ours" ]; then
            gh api --method PATCH "repos/$GH_REPO/issues/comments/$ours" --field body=@gate.md --silent
          else
            gh api "$comments" --field body=@gate.md --silent
          fi
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          GH_REPO: ${{{{ github.repository }}}}
          NUMBER: ${{{{ github.event.pull_request.number }}}}
"""


def gitlab_job(majors: Sequence[int]) -> str:
    """The job for GitLab CI, to be included by the repository's own pipeline."""
    installs = "\n".join(f"    - pgmason server install {major}" for major in majors)
    return f"""\
# Written by `pgmason init`. It is yours to change: it is not written again. In .gitlab-ci.yml:
#   {GITLAB_INCLUDE}
# The comment needs a project access token with the scope `api` in the masked variable PGMASON_COMMENT_TOKEN; without
# one the verdict is in the job's log and in the report of the merge request.
pgmason:
  image: python:3.12
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables:
    GIT_DEPTH: 0
    PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache/pip
  cache:
    key: pgmason
    paths: [.cache/pip]
  script:
    - pip install pgmason=={__version__}
{installs}
    - git fetch --quiet origin "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    - pgmason gate --since FETCH_HEAD --at pull-request --output comment=gate.md --output junit=gate.xml
  after_script:
    - |
      if [ -z "$PGMASON_COMMENT_TOKEN" ] || [ ! -f gate.md ]; then exit 0; fi
      notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
      python - "$notes" <<'NOTE'
      import json, os, sys, urllib.parse, urllib.request
      def ask(method, url, body=None):
          data = urllib.parse.urlencode({{"body": body}}).encode() if body else None
          headers = {{"PRIVATE-TOKEN": os.environ["PGMASON_COMMENT_TOKEN"]}}
          with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
              return json.load(answer)
      text = open("gate.md", encoding="utf-8").read()
      notes = sys.argv[1]
      ours = [note for note in ask("GET", notes + "?per_page=100") if note["body"].startswith("{COMMENT_MARK}")]
      ask("PUT", f"{{notes}}/{{ours[0]['id']}}", text) if ours else ask("POST", notes, text)
      NOTE
  artifacts:
    when: always
    paths: [gate.md]
    reports:
      junit: gate.xml
"""
