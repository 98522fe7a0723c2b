"""The notebook among the examples, run by a kernel as in Jupyter."""

from __future__ import annotations

import base64

import nbformat
from nbclient import NotebookClient
from support import REPOSITORY


def test_the_notebook_runs_and_shows_a_table_and_a_chart(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "python-client" / "src"))
    notebook = nbformat.read(REPOSITORY / "examples" / "notebook.ipynb", as_version=4)
    ran = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {cell["id"]: [output.get("data", {}) for output in cell.outputs] for cell in ran.cells if "outputs" in cell}
    assert "Lyon" in shown["totals"][0]["text/html"]
    assert "10 of 36 rows" in shown["totals"][0]["text/html"]
    assert "(3, 2)" in shown["frame"][0]["text/plain"]
    assert base64.b64decode(shown["chart"][0]["image/png"])[:4] == b"\x89PNG"
