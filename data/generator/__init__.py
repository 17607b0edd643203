"""Makes the demonstration jurisdictions: synthetic towns, seeded, the same byte for byte each time.

``python -m data.generator jinggangshan`` writes a folder in the format that ``hongge load`` reads.
The town grows in steps, one module a step: streets, blocks, communities, buildings, households,
grids, stations, people, duties, issues; ``writing`` puts it down.
"""
