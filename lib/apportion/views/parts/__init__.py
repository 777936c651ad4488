"""The building blocks of every page.

Builders give :class:`markupsafe.Markup`, which escapes whatever text it is formatted with: a
channel's name is data, and nothing a tenant writes can become markup.
"""
