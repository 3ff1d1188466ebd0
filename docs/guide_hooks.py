"""The guide's pages that lie outside docs/, the options and the contributor's page, and captions of pictures."""

import re
from pathlib import Path, PurePosixPath

from mkdocs.structure.files import File

OUTSIDE = {"README.md": "index.md", "config/README.md": "options.md", "CONTRIBUTING.md": "contributing.md"}
"""Where a file of the repository is found in the guide."""
_TAKEN = ("config/README.md", "CONTRIBUTING.md")
_LINK = re.compile(r"\]\((?P<path>[^)#:\s]+\.md)(?P<anchor>#[^)\s]*)?\)")
_PICTURE = re.compile(r"^!\[(?P<words>[^\]]*)\]\(images/\w+\.png\)$", re.MULTILINE)


def on_files(files, config):
    """Add the pages that are read from elsewhere."""
    root = Path(config.config_file_path).parent
    for source in _TAKEN:
        files.append(File.generated(config, OUTSIDE[source], abs_src_path=str(root / source)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Point links to files of the repository to their pages in the guide; write a picture's words below it."""
    outside = {name: source for source, name in OUTSIDE.items() if source in _TAKEN}
    folder = PurePosixPath(outside.get(page.file.src_uri, f"docs/{page.file.src_uri}")).parent

    def pointed(link):
        parts: list[str] = []
        for part in (folder / link["path"]).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        target = "/".join(parts)
        return f"]({OUTSIDE.get(target, target.removeprefix('docs/'))}{link['anchor'] or ''})"

    captioned = _PICTURE.sub(lambda picture: f"{picture.group()}\n\n{picture['words']}\n{{: .caption}}", markdown)
    return _LINK.sub(pointed, captioned)
