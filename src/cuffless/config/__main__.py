"""Write config/README.md and config/schema.json."""

from cuffless.commands import ending_in_words

with ending_in_words("python -m cuffless.config"):
    from cuffless.config.documentation import write

    write()
