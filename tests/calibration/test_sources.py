"""The same answers in every form, in one process, in many, and from files."""

import os
import signal

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from simulated import draw, two_pl

from calibration import CalibrationError, DataError, calibrate
from calibration.exchange import as_json
from calibration.parquet import parquet_answers


def answers(n_persons=600, n_items=9):
    rng = np.random.default_rng(11)
    codes = draw(two_pl(rng, n_items), rng.normal(size=n_persons), rng)
    codes[rng.random(codes.shape) < 0.35] = np.nan
    codes[np.isnan(codes).all(axis=1), 0] = 1.0
    return codes


def long_frame(codes, **columns):
    person, item = np.nonzero(~np.isnan(codes))
    more = {name: np.asarray(values)[person] for name, values in columns.items()}
    return pl.DataFrame(
        {
            "person": [f"p{number:05d}" for number in person],
            "item": [f"item{number + 1}" for number in item],
            "category": codes[person, item].astype(int),
            **more,
        }
    )


def numbers(result):
    content = as_json(result)
    return {name: content[name] for name in ("items", "log_likelihood", "covariance")}


def test_long_and_sparse_are_as_dense():
    codes = answers()
    dense = calibrate(codes)
    long = long_frame(codes).sample(fraction=1.0, shuffle=True, seed=1).sort("person", "item")
    present = ~np.isnan(codes)
    matrix = sparse.csr_array((codes[present], np.nonzero(present)), shape=codes.shape)
    assert calibrate(matrix).a == dense.a
    found = calibrate(long)
    assert found.log_likelihood == pytest.approx(dense.log_likelihood, abs=1e-8)
    assert dict(zip(found.item_names, found.a, strict=True)) == pytest.approx(
        dict(zip(dense.item_names, dense.a, strict=True)), abs=1e-8
    )


def test_the_order_of_a_long_frame_does_not_matter():
    frame = long_frame(answers())
    first = calibrate(frame)
    shuffled = calibrate(frame.sample(fraction=1.0, shuffle=True, seed=3))
    assert shuffled.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: pl.concat([f, f.head(1)]), "person p00000 answers item '.*' twice"),
        (lambda f: f.with_columns(pl.lit("x").alias("category")), "'category' holds String"),
        (
            lambda f: f.with_columns(
                pl.when(pl.int_range(pl.len()) == 3)
                .then(None)
                .otherwise(pl.col("item"))
                .alias("item")
            ),
            "without person or item",
        ),
        (lambda f: f.with_columns(category=pl.lit(7.5)), "person p00000, item .*7.5 is no"),
    ],
)
def test_bad_long_frames_are_refused(change, message):
    with pytest.raises(DataError, match=message):
        calibrate(change(long_frame(answers())))


def write(folder, codes, **columns):
    frame = long_frame(codes, **columns)
    persons = frame["person"].unique(maintain_order=True)
    for number, part in enumerate(np.array_split(persons.to_numpy(), 3)):
        frame.filter(pl.col("person").is_in(part.tolist())).write_parquet(
            folder / f"part{number}.parquet"
        )
    return parquet_answers(folder / "*.parquet")


def test_files_read_one_by_one_give_the_same(tmp_path):
    codes = answers()
    labels = np.where(np.arange(len(codes)) < 250, "a", "b")
    weights = 1.0 + np.arange(len(codes)) % 3
    here = calibrate(codes, groups=labels, weights=weights)
    files = calibrate(write(tmp_path, codes, group=labels, weight=weights))
    assert files.log_likelihood == pytest.approx(here.log_likelihood, abs=1e-8)
    assert files.a == pytest.approx(here.a, abs=1e-8)
    assert files.se_a == pytest.approx(here.se_a, abs=1e-8)
    assert files.groups[1].mean == pytest.approx(here.groups[1].mean, abs=1e-8)
    assert files.groups[1].n_persons == here.groups[1].n_persons


def test_bad_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="there is no file"):
        parquet_answers(tmp_path / "*.parquet")
    (tmp_path / "bad.parquet").write_text("no")
    with pytest.raises(DataError, match=r"bad\.parquet: not readable as Parquet"):
        calibrate(parquet_answers(tmp_path / "bad.parquet"))
    pl.DataFrame({"person": [1], "item": ["x"]}).write_parquet(tmp_path / "narrow.parquet")
    with pytest.raises(DataError, match=r"narrow\.parquet: no column category"):
        calibrate(parquet_answers(tmp_path / "narrow.parquet"))
    (tmp_path / "good").mkdir()
    files = write(tmp_path / "good", answers(60, 4))
    with pytest.raises(CalibrationError, match="stand in their columns"):
        calibrate(files, groups=["a"] * 60)


@pytest.fixture(scope="module")
def cluster():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as made,
        Client(made) as client,
    ):
        yield client


@pytest.mark.filterwarnings("default")
def test_a_cluster_of_processes_gives_the_same(cluster, tmp_path):
    codes = answers()
    labels = np.where(np.arange(len(codes)) < 250, "a", "b")
    here = calibrate(codes, groups=labels)
    there = calibrate(codes, groups=labels, engine=cluster)
    assert there.log_likelihood == pytest.approx(here.log_likelihood, abs=1e-8)
    assert there.a == pytest.approx(here.a, abs=1e-8)
    np.testing.assert_allclose(there.covariance, here.covariance, atol=1e-8)
    files = calibrate(write(tmp_path, codes, group=labels), engine=cluster)
    assert files.a == pytest.approx(here.a, abs=1e-8)


@pytest.mark.filterwarnings("default")
def test_a_worker_that_dies_costs_time_and_not_the_result(cluster):
    codes = answers()
    here = calibrate(codes)
    process_of = cluster.run(os.getpid)
    killed = []

    def kill_once(iteration, _log_likelihood, _change):
        if iteration == 3:
            victim, process = next(iter(process_of.items()))
            killed.append(victim)
            os.kill(process, signal.SIGKILL)

    there = calibrate(codes, engine=cluster, progress=kill_once)
    assert len(killed) == 1
    assert killed[0] not in cluster.nthreads()
    assert there.log_likelihood == pytest.approx(here.log_likelihood, abs=1e-8)
    assert there.a == pytest.approx(here.a, abs=1e-8)
    assert there.se_a == pytest.approx(here.se_a, abs=1e-8)
