"""Whatever somebody may write."""

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("<>|@#!&;/: abU1\n")
