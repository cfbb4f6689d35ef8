"""The visit through the edge and its comparison with the direct test."""
