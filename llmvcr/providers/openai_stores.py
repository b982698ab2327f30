"""OpenAI's calls about what it keeps: vector stores, batches, uploads, containers and fine-tuning jobs.

Paths and types as in openai 3.54 (its `resources`). A file, store or batch in the path is compared; one in a body is
renamed, as everywhere.
"""

from __future__ import annotations

from llmvcr.providers import openai_rules as rules
from llmvcr.providers.base import Endpoint

__all__ = ["STORE_CALLS"]

_BATCH = "openai.types.batch.Batch"
_JOB = "openai.types.fine_tuning.fine_tuning_job.FineTuningJob"
_STORE = "openai.types.vector_store.VectorStore"
_STORE_FILE = "openai.types.vector_stores.vector_store_file.VectorStoreFile"
_STORE_BATCH = "openai.types.vector_stores.vector_store_file_batch.VectorStoreFileBatch"
_UPLOAD = "openai.types.upload.Upload"

_STORE_CALLS = (
    Endpoint("vector_stores.create", "POST", "/vector_stores", rules.STORE, reply=_STORE),
    Endpoint("vector_stores.list", "GET", "/vector_stores", items=_STORE),
    Endpoint("vector_stores.retrieve", "GET", "/vector_stores/{vector_store_id}", reply=_STORE),
    Endpoint("vector_stores.update", "POST", "/vector_stores/{vector_store_id}", reply=_STORE),
    Endpoint(
        "vector_stores.delete",
        "DELETE",
        "/vector_stores/{vector_store_id}",
        reply="openai.types.vector_store_deleted.VectorStoreDeleted",
    ),
    Endpoint(
        "vector_stores.search",
        "POST",
        "/vector_stores/{vector_store_id}/search",
        items="openai.types.vector_store_search_response.VectorStoreSearchResponse",
        body_keys=("query",),
    ),
    Endpoint(
        "vector_stores.files.create",
        "POST",
        "/vector_stores/{vector_store_id}/files",
        rules.STORE_FILE,
        reply=_STORE_FILE,
        body_keys=("file_id",),
    ),
    Endpoint("vector_stores.files.list", "GET", "/vector_stores/{vector_store_id}/files", items=_STORE_FILE),
    Endpoint(
        "vector_stores.files.retrieve", "GET", "/vector_stores/{vector_store_id}/files/{file_id}", reply=_STORE_FILE
    ),
    Endpoint(
        "vector_stores.files.update",
        "POST",
        "/vector_stores/{vector_store_id}/files/{file_id}",
        reply=_STORE_FILE,
        body_keys=("attributes",),
    ),
    Endpoint(
        "vector_stores.files.delete",
        "DELETE",
        "/vector_stores/{vector_store_id}/files/{file_id}",
        reply="openai.types.vector_stores.vector_store_file_deleted.VectorStoreFileDeleted",
    ),
    Endpoint(
        "vector_stores.files.content",
        "GET",
        "/vector_stores/{vector_store_id}/files/{file_id}/content",
        items="openai.types.vector_stores.file_content_response.FileContentResponse",
    ),
    Endpoint(
        "vector_stores.file_batches.create",
        "POST",
        "/vector_stores/{vector_store_id}/file_batches",
        rules.STORE_FILE,
        reply=_STORE_BATCH,
    ),
    Endpoint(
        "vector_stores.file_batches.retrieve",
        "GET",
        "/vector_stores/{vector_store_id}/file_batches/{batch_id}",
        reply=_STORE_BATCH,
    ),
    Endpoint(
        "vector_stores.file_batches.cancel",
        "POST",
        "/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel",
        reply=_STORE_BATCH,
    ),
    Endpoint(
        "vector_stores.file_batches.list_files",
        "GET",
        "/vector_stores/{vector_store_id}/file_batches/{batch_id}/files",
        items=_STORE_FILE,
    ),
)

_BATCH_CALLS = (
    Endpoint(
        "batches.create",
        "POST",
        "/batches",
        rules.BATCH,
        reply=_BATCH,
        body_keys=("endpoint", "input_file_id"),
    ),
    Endpoint("batches.list", "GET", "/batches", items=_BATCH),
    Endpoint("batches.retrieve", "GET", "/batches/{batch_id}", reply=_BATCH),
    Endpoint("batches.cancel", "POST", "/batches/{batch_id}/cancel", reply=_BATCH),
)

_UPLOAD_CALLS = (
    Endpoint("uploads.create", "POST", "/uploads", reply=_UPLOAD, body_keys=("bytes", "filename", "purpose")),
    Endpoint(
        "uploads.parts.create",
        "POST",
        "/uploads/{upload_id}/parts",
        reply="openai.types.uploads.upload_part.UploadPart",
        body_keys=("data",),
    ),
    Endpoint("uploads.complete", "POST", "/uploads/{upload_id}/complete", reply=_UPLOAD, body_keys=("part_ids",)),
    Endpoint("uploads.cancel", "POST", "/uploads/{upload_id}/cancel", reply=_UPLOAD),
)

_CONTAINER_CALLS = (
    Endpoint(
        "containers.create",
        "POST",
        "/containers",
        reply="openai.types.container_create_response.ContainerCreateResponse",
    ),
    Endpoint(
        "containers.list",
        "GET",
        "/containers",
        items="openai.types.container_list_response.ContainerListResponse",
    ),
    Endpoint(
        "containers.retrieve",
        "GET",
        "/containers/{container_id}",
        reply="openai.types.container_retrieve_response.ContainerRetrieveResponse",
    ),
    Endpoint("containers.delete", "DELETE", "/containers/{container_id}"),
    Endpoint(
        "containers.files.create",
        "POST",
        "/containers/{container_id}/files",
        reply="openai.types.containers.file_create_response.FileCreateResponse",
    ),
    Endpoint(
        "containers.files.list",
        "GET",
        "/containers/{container_id}/files",
        items="openai.types.containers.file_list_response.FileListResponse",
    ),
    Endpoint(
        "containers.files.retrieve",
        "GET",
        "/containers/{container_id}/files/{file_id}",
        reply="openai.types.containers.file_retrieve_response.FileRetrieveResponse",
    ),
    Endpoint("containers.files.delete", "DELETE", "/containers/{container_id}/files/{file_id}"),
    Endpoint("containers.files.content", "GET", "/containers/{container_id}/files/{file_id}/content"),
)

_TUNING_CALLS = (
    Endpoint(
        "fine_tuning.jobs.create",
        "POST",
        "/fine_tuning/jobs",
        rules.TUNING,
        reply=_JOB,
        body_keys=("model", "training_file"),
    ),
    Endpoint("fine_tuning.jobs.list", "GET", "/fine_tuning/jobs", items=_JOB),
    Endpoint("fine_tuning.jobs.retrieve", "GET", "/fine_tuning/jobs/{fine_tuning_job_id}", reply=_JOB),
    *(
        Endpoint(f"fine_tuning.jobs.{word}", "POST", f"/fine_tuning/jobs/{{fine_tuning_job_id}}/{word}", reply=_JOB)
        for word in ("cancel", "pause", "resume")
    ),
    Endpoint(
        "fine_tuning.jobs.list_events",
        "GET",
        "/fine_tuning/jobs/{fine_tuning_job_id}/events",
        items="openai.types.fine_tuning.fine_tuning_job_event.FineTuningJobEvent",
    ),
    Endpoint(
        "fine_tuning.jobs.checkpoints",
        "GET",
        "/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints",
        items="openai.types.fine_tuning.jobs.fine_tuning_job_checkpoint.FineTuningJobCheckpoint",
    ),
)

STORE_CALLS: tuple[Endpoint, ...] = (
    *_STORE_CALLS,
    *_BATCH_CALLS,
    *_UPLOAD_CALLS,
    *_CONTAINER_CALLS,
    *_TUNING_CALLS,
)
"""Rows of the provider `openai`."""
