"""Items as lines of a list."""

from repository.metadata import Metadata
from repository.models import Item
from search.backend import Fragment, Hit
from tests.factories import md
from ui.records import _line, citation


def test_a_line_shows_the_first_authors_and_whoever_was_searched_for():
    names = [f"Author {n}" for n in range(9)]
    item = Item(metadata=md(dc_title="Owls", dc_contributor_author=names, dc_date_issued="2024"))
    found = (Fragment("Author "), Fragment("7", marked=True))
    line = _line(Hit(item, {"dc.contributor.author": (found,)}), item.md, "/x")
    assert ["".join(piece.text for piece in name) for name in line.authors] == [*names[:4], "Author 7"]
    assert line.authors[4] == found
    assert line.more_authors


def test_a_line_without_title_authors_and_date_is_no_error():
    line = _line(Hit(Item(metadata={})), Metadata({}), "/x")
    assert (line.title, line.authors, line.more_authors, line.date) == ((), [], False, "")


def test_a_work_without_authors_is_cited_by_its_title():
    assert citation(Metadata(md(dc_title="Owls.", dc_date_issued="2024-05"))) == "Owls (2024)."
    assert citation(Metadata(md(dc_title="Owls", dc_publisher="Fernsund"))) == "Owls. Fernsund."
    whole = md(dc_title="Owls", dc_contributor_author="Brandt, Ida", dc_date_issued="2024")
    assert citation(Metadata(whole)) == "Brandt, Ida (2024). Owls."
