"""Media mix model: from weekly spend and an outcome to what each channel earned and earns next.

``data`` makes arrays of frames, ``train`` fits and judges a model, ``summary`` turns its
posterior into what ``MMMResults`` shows. Only ``model`` and ``fit`` import PyMC: everything that
reads a stored posterior (``posterior``, ``response``, ``budget``, ``summary``) does without.
"""
