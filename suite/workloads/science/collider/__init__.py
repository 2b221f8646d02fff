"""Finding a pair of resonances among four jets at a hadron collider."""
