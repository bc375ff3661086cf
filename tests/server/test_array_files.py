"""Arrays as one piece of bytes: what is packed comes out again, and damage is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from infinite_parallax.inpaint_server.array_files import pack, unpack

KINDS = st.sampled_from(["|u1", "|b1", "<i2", "<i8", "<f4", "<f8", "<U5"])


@given(
    st.dictionaries(
        st.text(max_size=8),
        KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, min_side=0))),
    )
)
def test_what_is_packed_comes_out_again(given: dict[str, np.ndarray]) -> None:
    found = unpack(pack(given))
    assert list(found) == list(given)
    for name, array in given.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
        assert found[name].flags.writeable


def test_strided_arrays_are_packed_as_they_read() -> None:
    values = np.arange(24).reshape(4, 6)[::-1, ::2]
    assert np.array_equal(unpack(pack({"a": values}))["a"], values)


@pytest.mark.parametrize("left", [0, 3, 4, 30, -1])
def test_a_part_of_it_is_refused(left: int) -> None:
    data = pack({"a": np.arange(9), "b": np.zeros((2, 0))})
    with pytest.raises(ValueError, match="checksum"):
        unpack(data[:left])


def test_a_changed_byte_is_refused() -> None:
    data = bytearray(pack({"a": np.arange(9)}))
    data[-20] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        unpack(bytes(data))
