"""Recordings as one page that a browser shows: the data of it, and the page around them, which asks no network."""

from __future__ import annotations

from llmvcr.viewing.entries import unread, viewed
from llmvcr.viewing.page import VERSION, Page, is_page

__all__ = ["VERSION", "Page", "is_page", "unread", "viewed"]
