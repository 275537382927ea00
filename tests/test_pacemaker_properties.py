"""What holds for every topology of which Pacemaker has much to do: refused with a place, or accepted by Pacemaker.

The pcs of this machine builds each CIB, as `pcs.sh cib` tells it, and `crm_verify` judges it there: see `warm`.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

import programs
import warm
from generated import pacemaker_topologies, sound_topologies, written
from hagen.pipeline import Result, compile_source
from hagen.source import Source
from sandbox import NEEDED, run_pcs_script
from test_properties import compiled, misplaced, texts
from topologies import ROOT

SHARDS = 8
EACH = 25
BUDGET = settings(
    derandomize=False,
    database=None,
    deadline=None,
    max_examples=EACH,
    # A failure is shown as it was found: to make it small would take an hour of pcs.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
