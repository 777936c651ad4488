"""Synthetic tenants with one known truth: see ``docs/demo-world.md`` for the equations."""

from apportion.demo.knowledge import told
from apportion.demo.plan import Intervention, TenantPlan
from apportion.demo.tenants import DEMO_TENANTS, HARBOUR, NOVA
from apportion.demo.truth import ExperimentTruth, Incident, Truth
from apportion.demo.world import World, simulate

__all__ = [
    "DEMO_TENANTS",
    "HARBOUR",
    "NOVA",
    "ExperimentTruth",
    "Incident",
    "Intervention",
    "TenantPlan",
    "Truth",
    "World",
    "simulate",
    "told",
]
