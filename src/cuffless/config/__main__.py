"""Write config/README.md and config/schema.json; with names of files, only see whether these can be read as YAML."""

import sys

from cuffless.commands import exit_on_error

with exit_on_error("python -m cuffless.config"):
    from cuffless.config.documentation import write
    from cuffless.config.yaml_files import read_yaml

    for path in sys.argv[1:]:  # before Snakemake does, which would show a traceback
        read_yaml(path)
    if not sys.argv[1:]:
        write()
