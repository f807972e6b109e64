import pytest

from tests.web.desks import BLIND, Answered, answered_round, letter


@pytest.fixture
def blind_round(tmp_path) -> Answered:
    """Three requests; the first two are answered. Two people code blind."""
    return answered_round(tmp_path / "w", {1: letter(1, 1), 2: letter(2, 2)}, coding=BLIND)


@pytest.fixture
def open_round(tmp_path) -> Answered:
    """The same with one coder who sees what the machine read, and a letter in the pen."""
    held = letter(9, 9, "关于部门决算公开说明，现答复如下：予以公开。")
    return answered_round(tmp_path / "w", {1: letter(1, 1), 2: letter(2, 2), 9: held})
