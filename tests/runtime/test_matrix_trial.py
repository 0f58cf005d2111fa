"""What only a trial tells of a device."""

from lazygrad.runtime import matrix_trial, mma_refusal, tried_facts


def test_a_trial_decides(device, monkeypatch):
    monkeypatch.delenv("LAZYGRAD_LIMITS", raising=False)
    if device.implementation != "nvidia":
        assert "NVIDIA" in mma_refusal(device)
        assert tried_facts(device) == device.facts
    monkeypatch.setattr(matrix_trial, "mma_refusal", lambda device: "")
    assert tried_facts(device).has_mma
    monkeypatch.setenv("LAZYGRAD_LIMITS", "has_mma=0")
    assert not tried_facts(device).has_mma
