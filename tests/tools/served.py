"""The small database that tests of downloads are served, and what of it has arrived."""

DATABASE = "db/1.0"
BIG = "p00/p000020/big.dat"
SMALL = "p00/p000020/small.hea"
SIZE = 300_000


def files_in(folder):
    """Names of all files below a folder, hidden ones too."""
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir())


def assert_arrived(site, downloader, *paths):
    """The cache holds these files, whole, and nothing else."""
    for path in paths:
        assert (downloader.folder / path).read_bytes() == site.contents[path]
    assert files_in(downloader.folder) == sorted(path.rpartition("/")[2] for path in paths)


def part_of(downloader, path):
    final = downloader.folder / path
    return final.with_name(f".{final.name}.part")
