"""What the fake W&B server has received, and how it answers GraphQL.

The queries are those of wandb 0.31. Where the real server's behaviour cannot be seen from the client it is simple:
lines of the file stream are stored at the offset that the client names, and a run is known by its id alone.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HISTORY, EVENTS, SUMMARY, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"
ENTITY = "tester"  # the only account


@dataclass
class Artifact:
    """A version of an artifact. Its manifest is one of its files, `wandb_manifest.json`."""

    name: str
    type: str
    metadata: dict[str, Any]
    aliases: list[str]
    files: dict[str, bytes] = field(default_factory=dict)
    committed: bool = False


@dataclass
class Run:
    id: str
    entity: str
    project: str
    display_name: str
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: list[str] = field(default_factory=list)
    raw_config: dict[str, Any] = field(default_factory=dict)  # with wandb's own entry, `_wandb`
    lines: dict[str, dict[int, str]] = field(default_factory=dict)  # of the file stream: by file and line number
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)  # (line number, row) as received, all of them
    files: dict[str, bytes] = field(default_factory=dict)
    artifacts: list[Artifact] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)  # one for each time that it ended: resumed, synced again
    running: bool = True

    @property
    def state(self) -> str:
        """running, finished or failed. W&B calls a run crashed that was silent for some minutes; this one does not."""
        return "running" if self.running else "failed" if self.exit_codes[-1] else "finished"

    @property
    def config(self) -> dict[str, Any]:
        return {key: item["value"] for key, item in self.raw_config.items() if key != "_wandb"}

    @property
    def summary(self) -> dict[str, Any]:
        lines = self.lines.get(SUMMARY, {})
        return json.loads(lines[max(lines)]) if lines else {}

    @property
    def history(self) -> dict[int, dict[str, Any]]:
        """Rows by step, in the order in which the steps came; a later row of the same step replaces the earlier."""
        return {row["_step"]: row for _, row in self.rows}

    def stream(self, request: dict[str, Any]) -> None:
        """Store a request of the file stream; a heartbeat is an empty one."""
        for name, chunk in request.get("files", {}).items():
            for number, line in enumerate(chunk["content"], chunk["offset"]):
                self.lines.setdefault(name, {})[number] = line
                if name == HISTORY:
                    self.rows.append((number, json.loads(line)))
        self.running = not request.get("complete", False)
        if not self.running:
            self.exit_codes.append(request["exitcode"])

    def to_graphql(self) -> dict[str, Any]:
        """Every field that a query asks of a run."""

        def tail(name: str) -> str:
            return json.dumps([line for _, line in sorted(self.lines.get(name, {}).items())][-1:])

        unknown = ("description", "sweepName", "commit", "systemMetrics", "heartbeatAt", "createdAt")
        return dict.fromkeys(unknown) | {
            "id": f"id-{self.id}",
            "name": self.id,
            "displayName": self.display_name,
            "group": self.group,
            "jobType": self.job_type,
            "notes": self.notes,
            "tags": self.tags,
            "state": self.state,
            "config": json.dumps(self.raw_config),
            "wandbConfig": json.dumps(self.raw_config.get("_wandb", {}).get("value", {})),
            "summaryMetrics": json.dumps(self.summary),
            "historyTail": tail(HISTORY),
            "eventsTail": tail(EVENTS),
            "historyLineCount": len(self.lines.get(HISTORY, ())),
            "eventsLineCount": len(self.lines.get(EVENTS, ())),
            "logLineCount": len(self.lines.get(CONSOLE, ())),
            "project": {"id": "p", "name": self.project, "entity": {"id": "e", "name": self.entity}},
            "projectId": "1",
            "user": {"name": ENTITY, "username": ENTITY},
            "readOnly": False,
            "historyKeys": {"lastStep": max(self.history, default=-1)},
        }


class Store:
    """All runs by id; `url` is the address of the server, to which files are sent."""

    url = ""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.artifacts: list[Artifact] = []

    def execute(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The response to a GraphQL operation."""
        if operation not in OPERATIONS:
            return {"errors": [{"message": f"the fake server does not know {operation}"}], "data": None}
        return {"data": OPERATIONS[operation](self, variables)}

    def upsert_run(self, given: dict[str, Any]) -> dict[str, Any]:
        run = self.runs.get(given["name"])
        inserted = run is None
        if run is None:
            run = Run(given["name"], given["entity"] or ENTITY, given["project"], f"run-{len(self.runs) + 1}")
            self.runs[run.id] = run
        run.running = True
        run.display_name = given["displayName"] or run.display_name
        run.group = given["groupName"] or run.group
        run.job_type = given["jobType"] or run.job_type
        run.notes = given["notes"] or run.notes
        run.tags = run.tags if given["tags"] is None else given["tags"]
        run.raw_config = json.loads(given["config"]) if given["config"] else run.raw_config
        return {"upsertBucket": {"bucket": run.to_graphql(), "inserted": inserted}}

    def find_run(self, given: dict[str, Any]) -> dict[str, Any] | None:
        run = self.runs.get(given["name"])
        return run.to_graphql() if run else None

    def resume_status(self, given: dict[str, Any]) -> dict[str, Any]:
        entity = {"id": "e", "name": given["entity"] or ENTITY}
        return {"model": {"id": "p", "name": given["project"], "entity": entity, "bucket": self.find_run(given)}}

    def public_run(self, given: dict[str, Any]) -> dict[str, Any]:
        """What wandb.Api().run(…) asks."""
        return {"project": {"run": self.find_run(given)}}

    def create_run_files(self, given: dict[str, Any]) -> dict[str, Any]:
        files = [{"name": name, "uploadUrl": f"{self.url}/upload/{given['run']}/{name}"} for name in given["files"]]
        return {"createRunFiles": {"runID": f"id-{given['run']}", "uploadHeaders": [], "files": files}}

    def create_artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        given = given["input"]
        aliases = [alias["alias"] for alias in given["aliases"]]
        metadata = json.loads(given["metadata"] or "{}")
        artifact = Artifact(given["artifactCollectionName"], given["artifactTypeName"], metadata, aliases)
        self.artifacts.append(artifact)
        self.runs[given["runName"]].artifacts.append(artifact)
        id_ = base64.b64encode(f"Artifact:{len(self.artifacts) - 1}".encode()).decode()
        sequence = {"latestArtifact": None}
        return {"createArtifact": {"artifact": {"id": id_, "state": "PENDING", "artifactSequence": sequence}}}

    def create_manifest(self, given: dict[str, Any]) -> dict[str, Any]:
        file = {"id": "f", "uploadUrl": self.artifact_url(given["artifactID"], given["name"]), "uploadHeaders": []}
        return {"createArtifactManifest": {"artifactManifest": {"id": "m", "file": file}}}

    def create_artifact_files(self, given: dict[str, Any]) -> dict[str, Any]:
        nodes = [
            {
                "storagePath": file["name"],
                "uploadUrl": self.artifact_url(file["artifactID"], file["name"]),
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
                "artifact": {"id": file["artifactID"]},
            }
            for file in given["input"]["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}

    def commit_artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        self.artifacts[artifact_index(given["artifactID"])].committed = True
        return {"commitArtifact": {"artifact": {"id": given["artifactID"], "digest": ""}}}

    def artifact_url(self, artifact_id: str, name: str) -> str:
        return f"{self.url}/artifact/{artifact_index(artifact_id)}/{name}"


def artifact_index(artifact_id: str) -> int:
    return int(base64.b64decode(artifact_id).decode().removeprefix("Artifact:"))


def viewer(*_: object) -> dict[str, Any]:
    account = {"id": "u", "entity": ENTITY, "username": ENTITY, "email": f"{ENTITY}@localhost", "flags": "{}"}
    return {"viewer": {**account, "teams": {"edges": []}}}


OPERATIONS: dict[str, Callable[[Store, dict[str, Any]], dict[str, Any]]] = {
    "ArtifactType": lambda _, __: {"project": {"artifact": None}},
    "CommitArtifact": Store.commit_artifact,
    "CreateArtifact": Store.create_artifact,
    "CreateArtifactFiles": Store.create_artifact_files,
    "CreateArtifactManifest": Store.create_manifest,
    "CreateRunFiles": Store.create_run_files,
    "GetDefaultEntity": viewer,
    "Run": Store.public_run,
    "RunHistoryKeys": Store.public_run,
    "RunResumeStatus": Store.resume_status,
    "ServerFeaturesQuery": lambda _, __: {"serverInfo": {"features": []}},
    "UpsertBucket": Store.upsert_run,
    "Viewer": viewer,
}
