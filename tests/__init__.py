"""Tests; a package so that no folder here shadows a room."""
