"""What the contract is compared with, in the repositories that a person or CI can be in, and what is refused."""

import shutil
import subprocess
from pathlib import Path

import pytest

from clients.lint import breaking
from clients.lint.breaking import IMAGE, ROOT


class Repository:
    """A git repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commits = 0
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=tester", "-c", "user.email=tester@localhost", *arguments]
        done = subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        self.commits += 1
        self.git("commit", "--quiet", "--allow-empty", "--all", f"--message=commit {self.commits}")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_first_commit_has_nothing_to_compare_with(repository: Repository, capfd: pytest.CaptureFixture[str]) -> None:
    repository.commit()
    assert breaking.base(repository.folder) is None
    assert breaking.check(repository.folder) == 0
    assert capfd.readouterr().out == "skipped: there is no earlier contract to compare with\n"


def test_main_itself_is_compared_with_the_commit_before(repository: Repository) -> None:
    before = repository.commit()
    head = repository.commit()
    assert breaking.base(repository.folder) == before
    repository.git("update-ref", "refs/remotes/origin/main", head)
    assert breaking.base(repository.folder) == before


def test_a_branch_is_compared_with_where_it_left_main(repository: Repository) -> None:
    left = repository.commit()
    repository.git("switch", "--quiet", "--create", "work")
    repository.commit()
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.commit()
    repository.git("switch", "--quiet", "work")
    assert breaking.base(repository.folder) == left


def test_unpushed_commits_of_main_are_compared_with_what_was_pushed(repository: Repository) -> None:
    pushed = repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", pushed)
    repository.commit()
    repository.commit()
    assert breaking.base(repository.folder) == pushed


@pytest.fixture
def contract(repository: Repository) -> Repository:
    """Holds the project's contract, two commits deep."""
    for name in ("protos", ".third_party"):
        shutil.copytree(ROOT / name, repository.folder / name)
    for name in ("buf.yaml", IMAGE):
        (repository.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, repository.folder / name)
    repository.git("add", "buf.yaml", "protos", IMAGE)
    repository.commit()
    repository.commit()
    return repository


def test_the_same_contract_breaks_nothing(contract: Repository) -> None:
    assert breaking.check(contract.folder) == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "product",
            "string sku = 2 ",
            "bytes sku = 2 ",
            'Field "2" with name "sku" on message "Product" changed type',
        ),
        ("product", "string sku = 2 ", "string code = 2 ", 'changed name from "sku" to "code"'),
        ("product_service", "rpc GetProduct(", "rpc FetchProduct(", 'Previously present RPC "GetProduct"'),
        ("event", "message ProductChanged", "message ProductTold", 'Previously present message "ProductChanged"'),
        ("error_reason", "ERROR_REASON_SKU_TAKEN = 3;", "", 'Previously present enum value "3"'),
    ],
)
def test_a_break_is_found(
    contract: Repository, capfd: pytest.CaptureFixture[str], file: str, old: str, new: str, message: str
) -> None:
    proto = contract.folder / f"protos/mesh/inventory/v1/{file}.proto"
    text = proto.read_text()
    assert old in text
    proto.write_text(text.replace(old, new))
    assert breaking.check(contract.folder) != 0
    assert message in capfd.readouterr().out
