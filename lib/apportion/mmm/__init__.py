"""Media mix model: from weekly spend and an outcome to what each channel earned and earns next.

``data`` makes arrays of frames, ``train`` fits and judges a model, ``summary`` turns its posterior
into what ``MMMResults`` shows. ``model`` is the definition, in PyMC; ``density`` is the same with
its gradient written by hand, by which ``fit`` samples. Everything that reads a stored posterior
(``posterior``, ``response``, ``budget``, ``summary``) does without PyMC, nutpie and numba.
"""
