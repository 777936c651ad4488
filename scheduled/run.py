"""For plain cron, without a worker that stays: start what is due, work until all is done, end.

Nothing goes wrong when two of these overlap, or when a worker is there as well.
"""

from apportion.config import get_settings
from apportion.jobs.worker import Worker

if __name__ == "__main__":
    Worker(get_settings()).run(until_idle=True)
