"""What a run of several templates leaves for all of them: a page, values, pipelines, and a record of what it wrote."""
