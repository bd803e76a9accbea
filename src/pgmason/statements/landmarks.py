r"""Where is the next quote, comment, semicolon or backslash of a SQL text?

Whoever looks for an end of a statement goes from landmark to landmark, and so never takes a semicolon or a backslash
in a string, a name or a comment for one. Of SQL this knows what hides text and nothing else; what a landmark means is
left to others.
"""

from __future__ import annotations

import re

# Each branch starts with a literal, so that `re` leaps from landmark to landmark.
_LANDMARK = re.compile(r"""'[^']*'|"[^"]*"|;|\$|--[^\n\r]*|/\*|\\|'|\"""")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
# Letters are those of ASCII, the underscore, and every character beyond ASCII; said by what is none, because a class
# that reaches to U+10FFFF takes 5 ms to compile.
LETTER = r"[^\x00-@\[-^`{-\x7f]"
LETTER_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
_DOLLAR_QUOTE = re.compile(rf"\$(?:{LETTER}{LETTER_OR_DIGIT}*)?\$")
# A string of E'...' goes on, escapes and all, in a quote after white space with a line end.
# (PostgreSQL manual, 4.1.2.1 String Constants)
_ESCAPE_BODY = r"[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"
_CONTINUED = r"(?:[ \t\f\v]|--[^\n\r]*(?=[\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'"
_ESCAPE_STRING = re.compile(rf"'{_ESCAPE_BODY}(?:{_CONTINUED}{_ESCAPE_BODY})*", re.DOTALL)
BLANK = " \t\n\r\f\v"  # PostgreSQL's white space; to str.strip() U+00A0 is blank too, to PostgreSQL it is a letter


def next_landmark(text: str, mark: int) -> tuple[str, int, int]:
    """The next quote or comment (whole), semicolon or backslash after `mark`: its first character, start and end.

    At the end of the text the first character is "", and so it is for a quote or comment that does not close: then it
    is the grammar that will say so. `mark` is where the last landmark ended; no word goes on across it.
    """
    pos, start = mark, len(text)
    while landmark := _LANDMARK.search(text, pos):
        start, end = landmark.span()
        sign = text[start]
        if sign == "'" and start > mark and text[start - 1] in "eE" and not _in_word(text, mark, start - 1):
            string = _ESCAPE_STRING.match(text, start)
            if not string:
                break
            end = string.end()
        elif sign == "$":
            quote = _DOLLAR_QUOTE.match(text, start)
            if not quote or _in_word(text, mark, start):
                pos, start = start + 1, len(text)
                continue
            close = text.find(quote[0], quote.end())
            if close < 0:
                break
            end = close + len(quote[0])
        elif sign == "/":
            depth = 1  # comments nest (PostgreSQL manual, 4.1.5 Comments)
            while depth and (edge := _COMMENT_EDGE.search(text, end)):
                depth += 1 if edge[0] == "/*" else -1
                end = edge.end()
            if depth:
                break
        elif (sign == "'" or sign == '"') and end == start + 1:
            break
        return sign, start, end
    return "", start, len(text)


def _in_word(text: str, mark: int, offset: int) -> bool:
    """Whether the character at `offset` goes on with an identifier that starts after `mark`."""
    before = text[offset - 1] if offset > mark else " "
    return before in "_$" or before >= "\x80" or before.isalnum()
