"""Spots passages of protected documents in articles, by a pipe of a Spark job.

    spark-submit spark.py ARTICLES HITS PROTECTED BACKGROUND

ARTICLES are files of JSON lines with `id` and `text`, as Spark names them (a glob, s3://, in gzip or not), HITS is where the hits are
written. On every machine `tellmark` is on the path of the one that submits the job, and PROTECTED and BACKGROUND are where they
are on that one.
"""
import os
import shlex
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import struct, to_json

HIT = ("id string, document string, query array<bigint>, source array<bigint>, weight double, "
       "false_alarms_per_million double")
# The index is built once a partition: few large ones.
PARTITIONS = 64


def main(articles, hits, protected, background):
    spark = SparkSession.builder.appName("tellmark spot").getOrCreate()
    read = spark.read.schema("id string, text string").json(articles)
    lines = read.select(to_json(struct("id", "text"))).rdd.map(lambda row: row[0])
    spot = shlex.join(["tellmark", "spot", "--documents", protected, "--background", background])
    # Exit code 2 says that some lines could not be read: the others were searched, and Spark must not throw them away. Any
    # other one is an error, of which a pipe says nothing unless it is asked to.
    command = shlex.join(["sh", "-c", f"{spot} || test $? = 2"])
    # A pipe begins with an empty environment.
    found = lines.coalesce(PARTITIONS).pipe(command, env={"PATH": os.environ["PATH"]}, checkCode=True)
    # Where a partition has no hit there is no line to tell the columns from: they are said.
    spark.read.schema(HIT).json(found).write.json(hits)


if __name__ == "__main__":
    main(*sys.argv[1:])
