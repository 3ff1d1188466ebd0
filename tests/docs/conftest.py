import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Text:
    """A page in Markdown, or a part of one."""

    text: str

    def blocks(self, language=""):
        """Contents of code blocks."""
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def fences(self):
        """Code blocks as (language, content); the indented commands of some pages have no language, as fenced ones."""
        fenced = re.findall(r"^```(\w*)\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)
        rest = re.sub(r"^```.*?^```", "", self.text, flags=re.MULTILINE | re.DOTALL)
        shown = re.findall(r"(?<=\n\n)(?: {4}[a-z.].*\n)+(?=\n|\Z)", rest)
        return [*fenced, *(("", re.sub(r"^ {4}", "", block, flags=re.MULTILINE)) for block in shown)]

    def command_lines(self):
        """Words of command lines: code blocks without a language, without remarks and what follows a pipe."""
        for language, content in self.fences():
            for line in re.sub(r"\\\n\s*", "", content).splitlines() if not language else ():
                if words := shlex.split(re.split(r" \| | > |(?:^|\s)#", line)[0]):
                    yield words

    def spans(self):
        """Code in running text and tables."""
        return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", self.text, flags=re.MULTILINE | re.DOTALL))

    def commands(self):
        """Lines of code blocks, indented ones too, with continued lines joined, and code spans."""
        joined = Text(re.sub(r"\\\n\s*", "", self.text))
        shown = "\n".join([*joined.blocks(), *re.findall(r"^    (.*)$", joined.text, re.MULTILINE)])
        return [line.strip() for line in (*shown.splitlines(), *joined.spans())]

    def section(self, heading):
        """What stands under a heading, to the next of its level or above."""
        level = len(heading.split(" ")[0])
        pattern = rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)"
        found = re.search(pattern, self.text, re.MULTILINE | re.DOTALL)
        assert found, heading
        return Text(found.group(1))

    def headings(self, level):
        """Headings of a level."""
        return re.findall(rf"^#{{{level}}} (.+)$", self.text, re.MULTILINE)


@pytest.fixture(scope="session")
def read():
    """Read a file of Markdown."""
    return lambda path: Text(Path(path).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def page(project, read):
    """Read a page of the guide by its name."""
    return lambda name: read(project / "docs" / f"{name}.md")


@pytest.fixture(scope="session")
def cuffless_commands():
    """Commands of the program by name, each with its options."""
    import typer

    from cuffless.cli import app

    return {
        name: {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        for name, command in typer.main.get_command(app).commands.items()
    }
