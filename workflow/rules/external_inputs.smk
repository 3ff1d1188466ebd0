EXTERNAL_DATASETS, EXTERNAL_SPLIT = list(STUDY.external.datasets), STUDY.external.split
EXTERNAL_FOLDER = "results/{dataset}/external/{split}/{trained}/{network}/seed{seed}"
EXTERNAL_PAIRS = STUDY.external.pairs


def external_files(name):
    """A file of each network on each data set that it was not trained on."""
    return [
        f"{EXTERNAL_FOLDER}/{name}".format(
            dataset=tested, split=EXTERNAL_SPLIT, trained=origin, network=network, seed=seed
        )
        for origin, tested in EXTERNAL_PAIRS
        for network in NETWORKS
        for seed in STUDY.study.seeds
    ]


def own_predictions():
    """Data sets and the prediction tables of their own networks, in the same order."""
    files = {name: trained("predictions.parquet", name, EXTERNAL_SPLIT) for name in EXTERNAL_DATASETS}
    return [(name, path) for name, paths in files.items() for path in paths]


def training_of(wildcards):
    """Options of a network's training; the mean regressor has none of its own."""
    return getattr(entry(STUDY.networks, wildcards.network), "training", STUDY.training)
