"""Replicate: predictions, which are made by one call and polled by others (https://replicate.com/docs/reference/http)."""

from __future__ import annotations

from llmvcr.providers.base import Endpoint, Provider
from llmvcr.providers.openai import OPENAI

__all__ = ["REPLICATE"]

_MODEL = "/models/{owner}/{name}"

REPLICATE = Provider(
    name="replicate",
    # The answer of a prediction names the host of its stream.
    hosts=("api.replicate.com", "stream.replicate.com", "openai-proxy.replicate.com", "*.replicate.net"),
    endpoints=(
        Endpoint("predictions.create", "POST", "/predictions", body_keys=("input", "version")),
        Endpoint("predictions.list", "GET", "/predictions"),
        Endpoint("predictions.retrieve", "GET", "/predictions/{prediction_id}"),
        Endpoint("predictions.cancel", "POST", "/predictions/{prediction_id}/cancel"),
        Endpoint("models.predictions.create", "POST", f"{_MODEL}/predictions", body_keys=("input",)),
        Endpoint("models.list", "GET", "/models"),
        Endpoint("models.retrieve", "GET", _MODEL),
        Endpoint("models.versions.list", "GET", f"{_MODEL}/versions"),
        Endpoint("models.versions.retrieve", "GET", f"{_MODEL}/versions/{{version}}"),
        Endpoint(
            "deployments.predictions.create", "POST", "/deployments/{owner}/{name}/predictions", body_keys=("input",)
        ),
        Endpoint("deployments.retrieve", "GET", "/deployments/{owner}/{name}"),
        Endpoint("trainings.create", "POST", f"{_MODEL}/versions/{{version}}/trainings", body_keys=("destination",)),
        Endpoint("trainings.retrieve", "GET", "/trainings/{training_id}"),
        Endpoint("files.create", "POST", "/files"),
        Endpoint("files.list", "GET", "/files"),
        Endpoint("collections.list", "GET", "/collections"),
        Endpoint("files.retrieve", "GET", "/files/{file_id}"),
        Endpoint("streams", "GET", "/streams/{stream}"),
        Endpoint("streams", "GET", "/files/{stream}/{name}"),
        *(endpoint for endpoint in OPENAI.endpoints if endpoint.name == "chat.completions"),
    ),
)
"""The provider `replicate`. A prediction's id is compared: the replayed answers name the recorded ones."""
