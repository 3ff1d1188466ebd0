from functools import cache

from cuffless.records import RecordError, shard_listing, shard_of
from cuffless.records.people.subject_table import subjects_digest
from cuffless.records.record_lists import list_digest
from cuffless.simulator import subject_name

TRANSPORT = [f"cuffless.records.remote.{name}" for name in ("connections", "download", "part", "responses", "transfer")]


def simulated_subjects(wildcards):
    """Numbers of the subjects of a shard."""
    dataset = entry(STUDY.datasets, wildcards.dataset)
    shard = int(wildcards.shard.removeprefix("shard"))
    return subjects_by_shard(dataset.simulator.subjects, dataset.records.shards)[shard]


@cache
def subjects_by_shard(subjects, shards):
    """Numbers of the simulated subjects, by shard."""
    found = [[] for _ in range(shards)]
    for number in range(1, subjects + 1):
        found[shard_of(subject_name(number), shards)].append(number)
    return found


def simulator_options(wildcards):
    """Options of the simulator, without the number of subjects: adding one changes no other."""
    options = entry(STUDY.datasets, wildcards.dataset).simulator.model_dump(mode="json")
    return json.dumps(
        {key: value for key, value in options.items() if key != "subjects"},
        sort_keys=True,
    )


def records_of(wildcards):
    """Where the recordings of a data set come from."""
    return entry(STUDY.datasets, wildcards.dataset).records


def raw_records(wildcards):
    """Source of the list: simulated recordings, an index, or nothing that Snakemake tracks (a local folder)."""
    source = records_of(wildcards).source
    if source == "simulator":
        return f"results/{wildcards.dataset}/raw/{wildcards.shard}.csv"
    return f"results/{wildcards.dataset}/records/index.json" if source == "physionet" else []


def folder_listing(wildcards):
    """Digest of the files that a shard's records are listed from, so that a new recording is noticed."""
    options, shard = records_of(wildcards), int(wildcards.shard.removeprefix("shard"))
    if options.source == "physionet":
        try:
            return list_digest(options.record_list, options.shards, shard)
        except RecordError as error:
            raise refused(f"datasets.{wildcards.dataset}.{error}") from None
    if options.source == "simulator" or not options.path:
        return ""
    if not Path(options.path).is_dir():
        raise refused(f"datasets.{wildcards.dataset}.records.path: folder {options.path} does not exist")
    return shard_listing(options, shard)


@cache
def table_of_people(dataset):
    """Digest of the table of a data set's people; empty if there is none."""
    try:
        return subjects_digest(STUDY.datasets[dataset].records)
    except RecordError as error:
        raise refused(f"datasets.{dataset}.{error}") from None


def people_file(name):
    """A file about the people of a data set, if its paths or a table name them: of shards alone they are not known."""

    def files(wildcards):
        named = records_of(wildcards).by_path or table_of_people(wildcards.dataset)
        return f"results/{wildcards.dataset}/{name}" if named else []

    return files


def renamed_subjects(wildcards):
    """Quality table with the subject of each record, unless the shards already have the names asked for."""
    if records_of(wildcards).identity == "auto" and not people_file("records.csv")(wildcards):
        return []
    return f"results/{wildcards.dataset}/windows/{wildcards.windowing}.quality.csv"


def runs_gap(wildcards):
    """Gap of the runs of records that count as one person; None where they do not."""
    options = records_of(wildcards)
    return options.runs_gap if options.identity == "runs" else None


def fetched_ending(wildcards):
    """What the tables of records of a data set are called once their signals are here."""
    return ".fetched" if records_of(wildcards).source == "physionet" else ""


def records_to_cut(wildcards):
    """Table of a shard's records, once their signals are here."""
    return f"results/{wildcards.dataset}/records/{wildcards.shard}{fetched_ending(wildcards)}.csv"


def connections_to_list(wildcards):
    """Connections that a job opens: none without downloads."""
    options = records_of(wildcards)
    return options.download.connections if options.source == "physionet" and options.download.url else 0


def connections_to_fetch(wildcards):
    """Connections that fetching in advance opens: none if each record is fetched as it is cut."""
    return connections_to_list(wildcards) if records_of(wildcards).download.keep_raw else 0


def connections_to_cut(wildcards):
    """Connections that windowing opens: none if signals were fetched in advance."""
    return connections_to_list(wildcards) - connections_to_fetch(wildcards)


def source_code(script):
    """Digest of a script that reads recordings: only the data set's own source counts, and downloading does not."""

    def digest(wildcards):
        source = records_of(wildcards).source
        own = own_module(source, f"datasets.{wildcards.dataset}.records.source")
        own = own or (module_file(f"cuffless.records.sources.{source}"),)
        return code_digest(script, own, TRANSPORT)

    return digest
