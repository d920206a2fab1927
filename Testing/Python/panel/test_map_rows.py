from __future__ import annotations

from dataclasses import replace

from perfusion_results import perfused
from StrokeSegExtensionLib.result_table import rows

from StrokeSegLogic.result.record import ResultRecord
from StrokeSegLogic.study.case import Role
from StrokeSegLogic.worker.run import summary_of


def test_the_table_says_which_maps_were_given_and_which_computed() -> None:
    result = replace(perfused(), computed=frozenset({Role.CBV, Role.MTT}))
    told = dict(rows(ResultRecord.parse(summary_of(result))))
    assert told["Maps computed here"] == "CBV, MTT"
    assert set(told["Maps given"].split(", ")) == {"CBF", "TTP", "Tmax", "CT", "MIP"}


def test_an_older_record_says_nothing_of_it() -> None:
    content = {name: value for name, value in summary_of(perfused()).items() if name != "maps"}
    assert not any(name.startswith("Maps") for name, _value in rows(ResultRecord.parse(content)))
