"""Jobs in the whole mesh: they call its services, and outlive whatever is killed."""

import random
from pathlib import Path

import httpx

from tests.chaos.jobs import chaos
from tests.local.conftest import eventually
from tests.system.mesh import Mesh


def test_a_job_calls_another_service(http: httpx.Client) -> None:
    """As the shop manager, over JSON: an RPC of inventory's is enqueued, and its answer is the job's result."""
    request = {
        "@type": "type.googleapis.com/mesh.inventory.v1.CreateProductRequest",
        "productId": "made-by-a-job",
        "product": {"sku": "MADE-BY-A-JOB", "displayName": "Made by a job"},
    }
    rpc = {"method": "/mesh.inventory.v1.ProductService/CreateProduct", "request": request}
    made = http.post("/v1/jobs", json={"spec": {"rpc": rpc, "keepResult": True}})
    assert made.status_code == 200, made.text

    def done() -> bool:
        return bool(http.get(f"/v1/{made.json()['name']}").json()["state"] == "JOB_STATE_SUCCEEDED")

    eventually(done, 10)
    assert http.get("/v1/products/made-by-a-job").json()["displayName"] == "Made by a job"


async def test_jobs_are_kept_whatever_is_killed(mesh: Mesh, tmp_path: Path) -> None:
    """One fault of each kind; `make chaos OF=jobs` goes on for longer."""
    history = await chaos(mesh, tmp_path, random.Random(7), 1)  # noqa: S311
    assert history.keys
