"""What a stranger may get for a datagram."""

from identifiers.handle_server.allowance import FREE, MOST, NETWORKS, PER_NETWORK, TOGETHER, Allowance

ASKED = 100


def test_short_answers_are_always_granted_and_huge_ones_never() -> None:
    allowance = Allowance(0)

    assert all(allowance.grants("192.0.2.1", ASKED, FREE * ASKED, 0) for _ in range(10_000))
    assert not allowance.grants("192.0.2.1", ASKED, MOST * ASKED + 1, 0)


def test_longer_answers_are_granted_until_the_network_has_had_its_share() -> None:
    allowance = Allowance(0)
    size = 10 * ASKED

    granted = sum(allowance.grants(f"192.0.2.{number % 250}", ASKED, size, 0) for number in range(1000))
    assert granted == PER_NETWORK // size
    assert allowance.grants("198.51.100.1", ASKED, size, 0)
    assert allowance.grants("::ffff:198.51.100.2", ASKED, size, 0)
    assert allowance.grants("2001:db8::1", ASKED, size, 0)
    assert allowance.grants("fe80::1%eth0", ASKED, size, 0)
    assert allowance.grants("192.0.2.9", ASKED, size, 60)


def test_all_networks_together_have_a_share_too() -> None:
    allowance = Allowance(0)
    size = 10 * ASKED

    granted = sum(allowance.grants(f"10.{n // 256}.{n % 256}.1", ASKED, size, 0) for n in range(2 * NETWORKS))
    assert granted == TOGETHER // size
    assert len(allowance._networks) <= NETWORKS
