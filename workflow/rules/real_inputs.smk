from cuffless.provenance import file_digest

LOCAL = [name for name, dataset in STUDY.datasets.items() if dataset.records.source != "simulator"]


def local_results(wildcards):
    """Results of each data set in a local folder; one whose folder is missing is skipped with a message."""
    results = []
    if not LOCAL:
        print(
            "real_records: this configuration has no data set in a local folder; try --configfile config/real.yaml",
            file=sys.stderr,
        )
    for name in LOCAL:
        folder = STUDY.datasets[name].records.path
        if not Path(folder).is_dir():
            print(
                f"real_records: {name} is skipped: folder {folder} does not exist",
                file=sys.stderr,
            )
            continue
        results.append(f"results/{name}/real/summary.csv")
    return results


def shards_with_pressure(pattern):
    """Windows, or quality table, of a data set whose pressures are known; nothing for one of PPG alone."""

    def files(wildcards):
        if wildcards.dataset in STUDY.real.ppg_only:
            return []
        windowing = windowing_of(STUDY.study.splits[0])
        return expand(pattern, dataset=wildcards.dataset, windowing=windowing, shard=shards(wildcards.dataset))

    return files


def recordings(wildcards):
    """Options for finding and reading the recordings of a data set, as canonical JSON."""
    return entry(STUDY.datasets, wildcards.dataset).records.canonical()


def recordings_listing(wildcards):
    """Digest of names and sizes of a data set's files, so that a new recording of PPG alone is noticed."""
    if wildcards.dataset not in STUDY.real.ppg_only:
        return ""
    options = entry(STUDY.datasets, wildcards.dataset).records
    return "".join(shard_listing(options, shard) for shard in range(options.shards))


def own_architectures():
    """Custom networks and encoders, which the model that predicts may need."""
    return STUDY.own_code


def trained_network(wildcards):
    """Digest of the network that predicts, or an error that says how to train it.

    It is not an input: another study trains it, with another configuration.
    """
    model = Path(STUDY.real.model)
    if not model.is_file():
        raise refused(
            f"{model} does not exist. The default study trains the default network: snakemake --cores 2 -- "
            "results/cohort/training/nonmixed/alexnet/seed0/model.keras; or name another under real.model"
        )
    return file_digest(model)
