"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No verdict may depend on how busy the machine is: the default gives each example 200 ms. On top of what hypothesis has
# chosen by itself, which in continuous integration is to try the same examples each time.
settings.register_profile("house", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
