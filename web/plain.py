"""Text as people send it in forms, made fit to keep."""


def plain_lines(text: object) -> object:
    """Line ends as one character, as browsers send two, and no NUL, which PostgreSQL cannot keep.

    For a Pydantic ``BeforeValidator``; write it after the field's constraints, so that those judge
    the result.
    """
    return text.replace("\r\n", "\n").replace("\0", "") if isinstance(text, str) else text
