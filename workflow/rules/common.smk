import json
import os
import sys
from functools import cache
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SOURCE))
# Jobs find the package, and a user's own network beside the study, whether or not the package is installed.
PATHS = [str(SOURCE), os.getcwd(), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
os.environ.update(PYTHONPATH=os.pathsep.join(dict.fromkeys(PATHS)))

from cuffless.architectures import architecture_file, architectures
from cuffless.config import ConfigError, Crop, input_network, read_config
from cuffless.provenance import code_digest as digest_of
from cuffless.provenance import file_digest
from cuffless.records import RecordError, shard_listing, shard_of, source_file
from cuffless.records.record_lists import list_digest
from cuffless.simulator import subject_name

try:
    STUDY = read_config(config, source=", ".join(map(str, workflow.configfiles)) or "--config")
except ConfigError as error:
    raise WorkflowError(str(error)) from None

REFERENCE = "resources/reference_results.csv"  # an input by path would change whenever the folder moves
SIGNIFICANCE = "resources/reference_significance.csv"
TRANSPORT = [f"cuffless.records.remote.{name}" for name in ("connections", "download", "part", "responses", "transfer")]
PAGE_TEMPLATES = [
    file_digest(path) for path in sorted((SOURCE / "cuffless" / "report" / "templates").iterdir())
]  # no Python, so no digest of code has them
JUDGED_TABLES = [
    *("cases", "skill", "merits", "bins", "agreement", "drift", "tests", "standards", "subjects", "leaks", "traces")
]
FIGURES = ["fig1", "fig2", "fig4", "fig5", "fig6", "fig7", "fig8", "figA1", "fig_budget"]
PERSONAL_FIGURES = ["fig8", "figA1", "fig_budget"]
NETWORKS = list(dict.fromkeys([*STUDY.study.networks, "mean"]))


CROPS = [Crop(cropping, length).name for cropping in STUDY.inputs.croppings for length in STUDY.inputs.lengths]
WITH_PERSONALIZATION = "personalization" in STUDY.model_fields_set
WITH_LEAKAGE = "leakage" in STUDY.model_fields_set
INPUT_DATASET = STUDY.inputs.dataset or STUDY.study.dataset
LEAKAGE_DATASET = STUDY.leakage.dataset or STUDY.study.dataset
PROTOCOLS = STUDY.personalization.named
PERSONALIZED = [name for name in STUDY.study.networks if STUDY.networks[name].architecture != "mean"]
INPUT_SHARDS = [f"shard{k:03d}" for k in range(STUDY.datasets[INPUT_DATASET].records.shards)]


wildcard_constraints:
    dataset="[A-Za-z]\\w*",
    windowing="[A-Za-z]\\w*",
    split="[A-Za-z]\\w*",
    network="[A-Za-z]\\w*",
    shard="shard\\d+",
    seed="\\d+",
    protocol="[A-Za-z]\\w*",
    figure="fig\\w+",
    crop="(beats|time)\\d+",
    channels="signal|derivatives",
    table="table\\d",
    page="personalization|camera",
    judged="splits|camera",


# Politeness towards PhysioNet counts over all jobs; `--resources connections=N` wins.
if "connections" not in workflow.global_resources:
    workflow.register_resource("connections", max(d.records.download.connections for d in STUDY.datasets.values()))


def all_figures(wildcards):
    """Figures of the study; who wants the input study or personalization configures it."""
    wanted = [figure for figure in FIGURES if WITH_PERSONALIZATION or figure not in PERSONAL_FIGURES]
    wanted += ["fig_leakage"] * WITH_LEAKAGE + rppg_targets("figures")
    if why := rppg_passed_over():
        print(why, file=sys.stderr)
    folder = STUDY.datasets[INPUT_DATASET].records.path
    if "inputs" not in STUDY.model_fields_set:
        wanted.remove("fig2")
    elif folder and not Path(folder).is_dir():
        print(f"Figure 2 is passed over: its recordings belong into {folder}, which is not there", file=sys.stderr)
        wanted.remove("fig2")
    return expand("results/figures/{figure}.pdf", figure=wanted)


def shards(dataset):
    """Names of a data set's shards: known from the configuration alone."""
    return [f"shard{k:03d}" for k in range(STUDY.datasets[dataset].records.shards)]


def named(section, name):
    """A named block of the configuration, or a clear word that there is none."""
    if name not in section:
        raise WorkflowError(f"{name!r} is not defined in the configuration; defined are {', '.join(section)}")
    return section[name]


def code_digest(script, extra=(), without=()):
    """What a rule's results depend on beside its inputs and options: script and modules, by content."""
    return digest_of(SCRIPTS / script, SOURCE, tuple(extra), tuple(without))


def training_code(wildcards):
    """Code of a training: of the architectures only the one that is trained counts."""
    return code_digest("train_network.py", own_code(wildcards))


def all_tables(wildcards):
    """Tables of the study."""
    tables = ["table1", *["personalization"] * WITH_PERSONALIZATION, *rppg_targets("tables")]
    return expand("results/tables/{table}.{kind}", table=tables, kind=["csv", "md"])


def protocol_of(wildcards):
    """Options of a protocol of personalization."""
    return named(PROTOCOLS, wildcards.protocol)


def split_of(protocol):
    """Name of the split whose test subjects a protocol draws."""
    return named(PROTOCOLS, protocol).split


def model_to_personalize(wildcards):
    """Network as trained on other people."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/model.keras",
        split=split_of(wildcards.protocol),
        **wildcards,
    )[0]


BUDGETS = (str(SOURCE / "cuffless" / "config" / "budgets.py"),)  # options are no code, but this is


def personalizing_code(wildcards):
    """Code of a personalization: of the architectures only the network's own counts."""
    return code_digest("personalize_network.py", (*own_code(wildcards), *BUDGETS))


def personalization_overall(wildcards):
    """Errors on the drawn subjects, which join Table 1."""
    overall = f"results/{wildcards.dataset}/judgement/personalization/tables/overall.csv"
    return [overall] if WITH_PERSONALIZATION else []


def windowing_of(split):
    """Name of the windowing that a split divides."""
    return named(STUDY.splits.named, split).windowing


def overlap_of(split):
    """Overlap of the windows that a split divides."""
    return float(STUDY.windowings[windowing_of(split)].overlap)


def all_audits(wildcards):
    """Leaks of each split of the study, its networks' scaling included."""
    return leaks_of(STUDY.study.dataset)


def audited(wildcards):
    """Leaks of each split of a data set: nothing is judged before all seven were looked for."""
    return leaks_of(wildcards.dataset)


def leaks_of(dataset):
    return expand("results/{dataset}/designs/splits/{split}.leaks.csv", dataset=dataset, split=STUDY.study.splits)


def simulated_subjects(wildcards):
    """Numbers of the subjects of a shard."""
    dataset = named(STUDY.datasets, wildcards.dataset)
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
    options = named(STUDY.datasets, wildcards.dataset).simulator.model_dump(mode="json")
    return json.dumps(
        {key: value for key, value in options.items() if key != "subjects"},
        sort_keys=True,
    )


def records_of(wildcards):
    """Where the recordings of a data set come from."""
    return named(STUDY.datasets, wildcards.dataset).records


def raw_records(wildcards):
    """What is listed: simulated recordings, a database's index, or nothing that Snakemake knows (a local folder)."""
    source = records_of(wildcards).source
    if source == "simulator":
        return f"results/{wildcards.dataset}/raw/{wildcards.shard}.csv"
    return f"results/{wildcards.dataset}/records/index.json" if source == "physionet" else []


def folder_listing(wildcards):
    """Digest of what a shard's records are listed from, so that a new recording is noticed."""
    options, shard = records_of(wildcards), int(wildcards.shard.removeprefix("shard"))
    if options.source == "physionet":
        try:
            return list_digest(options.record_list, options.shards, shard)
        except RecordError as error:
            raise WorkflowError(f"datasets.{wildcards.dataset}.{error}") from None
    if options.source == "simulator" or not options.path:
        return ""
    if not Path(options.path).is_dir():
        raise WorkflowError(f"datasets.{wildcards.dataset}.records.path: there is no folder {options.path}")
    return shard_listing(options, shard)


def renamed_subjects(wildcards):
    """Quality table that tells whom each record is of, where the shards' own names are not what is asked for."""
    if records_of(wildcards).identity == "auto":
        return []
    return f"results/{wildcards.dataset}/windows/{wildcards.windowing}.quality.csv"


def runs_gap(wildcards):
    """Gap of the runs of records that count as one person; None where they do not."""
    options = records_of(wildcards)
    return options.runs_gap if options.identity == "runs" else None


def records_to_cut(wildcards):
    """Table of a shard's records, once their signals are here."""
    fetched = ".fetched" if records_of(wildcards).source == "physionet" else ""
    return f"results/{wildcards.dataset}/records/{wildcards.shard}{fetched}.csv"


def connections_to_list(wildcards):
    """Connections that a job opens: none where nothing is asked of the network."""
    options = records_of(wildcards)
    return options.download.connections if options.source == "physionet" and options.download.url else 0


def connections_to_fetch(wildcards):
    """Connections that fetching ahead opens: none where each record is fetched as it is cut."""
    return connections_to_list(wildcards) if records_of(wildcards).download.keep_raw else 0


def connections_to_cut(wildcards):
    """Connections that windowing opens: none where signals were fetched before."""
    return connections_to_list(wildcards) - connections_to_fetch(wildcards)


def own_module(name, where):
    """File of a user's own ``module:object``, which counts among the code that a result depends on."""
    import importlib.util

    if ":" not in name:
        return ()
    sys.path.insert(0, os.getcwd())
    try:
        spec = importlib.util.find_spec(name.split(":")[0])
    except ImportError:
        spec = None
    if spec is None or not spec.origin:
        raise WorkflowError(f"{where}: module {name.split(':')[0]} is not found; put it beside the study or install it")
    return (spec.origin,)


def architecture_of(wildcards):
    """Architecture of a network: code of a user's own may be imported where its model is loaded."""
    return named(STUDY.networks, wildcards.network).architecture


def own_code(wildcards):
    """File of a network's architecture, or of a user's own network."""
    architecture = architecture_of(wildcards)
    return own_module(architecture, f"networks.{wildcards.network}") or (architecture_file(architecture),)


def source_code(script):
    """Digest of a script that reads recordings: of the sources only the data set's own counts, and how bytes travel
    changes none of them."""

    def digest(wildcards):
        source = records_of(wildcards).source
        own = own_module(source, f"datasets.{wildcards.dataset}.records.source") or (source_file(source),)
        return code_digest(script, own, TRANSPORT)

    return digest


def all_predictions(wildcards):
    """Prediction tables of every split, network and seed of the study."""
    return expand(
        "results/{dataset}/training/{split}/{network}/seed{seed}/predictions.parquet",
        dataset=wildcards.dataset,
        split=STUDY.study.splits,
        network=NETWORKS,
        seed=STUDY.study.seeds,
    )


PAGE_CODE = (str(SOURCE / "cuffless" / "report" / "judgement" / "folder.py"),)


def judging_code(arm, *extra):
    """Code of an arm's judgement: the script imports the arm by its name, so that the other arms do not count."""
    # A page's plots are reached by their own names; the package around them names the figures of the paper, too.
    return code_digest("judge.py", (str(SOURCE / "cuffless" / "arms" / f"{arm}.py"), *extra), ["cuffless.figures"])


def judged_tables(arm, names):
    """Tables of an arm's judgement."""
    return expand("results/{{dataset}}/judgement/{arm}/tables/{table}.csv", arm=arm, table=names)


def judgements(wildcards):
    """Pages of judgement of the study."""
    judged = ["splits", *["camera"] * bool(rppg_targets("figures"))]
    return expand("results/{dataset}/judgement/{judged}/judgement.html", dataset=STUDY.study.dataset, judged=judged)


def dataset_of(figure):
    """Data set that a figure of the study shows."""
    return {"fig2": INPUT_DATASET, "fig_leakage": LEAKAGE_DATASET}.get(figure, STUDY.study.dataset)


def input_options(wildcards):
    """Options of a network of the input study, as canonical JSON."""
    derivatives = wildcards.channels == "derivatives"
    network = named(STUDY.networks, wildcards.network)
    return input_network(network, STUDY.inputs, derivatives=derivatives).canonical()


def input_predictions(wildcards):
    """Prediction tables of all runs of the input study."""
    return expand(
        "results/{dataset}/training/inputs/{crop}/{channels}/{network}/seed{seed}/predictions.parquet",
        dataset=wildcards.dataset,
        crop=CROPS,
        channels=["derivatives" if given else "signal" for given in STUDY.inputs.derivatives],
        network=STUDY.inputs.networks,
        seed=range(STUDY.inputs.repeats),
    )


def pressure_limits():
    """Accepted pressures of the first split's windowing, as canonical JSON: bins are counted from there."""
    windows = STUDY.windowings[windowing_of(STUDY.study.splits[0])]
    return json.dumps({"SBP": windows.sbp_range, "DBP": windows.dbp_range})


def schematic(wildcards):
    """The run whose network Figure 1 shows: the study's LSTM, or its first network."""
    shown = next(
        (n for n in NETWORKS if getattr(STUDY.networks[n], "architecture", "") == "lstm"),
        NETWORKS[0],
    )
    return f"results/{wildcards.dataset}/training/{STUDY.study.splits[0]}/{shown}/seed{STUDY.study.seeds[0]}/run.json"


def manifests(wildcards):
    """Manifests of the study's splits."""
    return expand(
        "results/{dataset}/designs/splits/{split}.parquet",
        dataset=wildcards.dataset,
        split=STUDY.study.splits,
    )


def split_audits(wildcards):
    """Audits of the study's splits: who the subjects are, and what leaked."""
    return expand(
        "results/{dataset}/designs/splits/{split}.audit.json", dataset=wildcards.dataset, split=STUDY.study.splits
    )


def protocol_audits(wildcards):
    """Audits of the splits whose test subjects the protocols draw."""
    splits = dict.fromkeys(protocol.split for protocol in PROTOCOLS.values())
    return expand("results/{dataset}/designs/splits/{split}.audit.json", dataset=wildcards.dataset, split=splits)


def first_split(wildcards):
    """Quality table of the windows that the first split divides."""
    return f"results/{wildcards.dataset}/windows/{windowing_of(STUDY.study.splits[0])}.quality.csv"


FIGURE_OPTIONS = STUDY.figures.canonical()
