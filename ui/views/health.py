"""`/health`: what a monitor asks."""

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from repository.models import Mark


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say as JSON whether the database answers, and for each consumer of changes what waits.

    `oldest_mark_seconds` is how long its oldest due mark waits, null when none does; `failing` how many objects could
    not be processed and will be tried again. 503 when the database does not answer.
    """
    now = timezone.now()
    try:
        oldest = dict(Mark.objects.filter(due__lte=now).values_list("consumer").annotate(due=Min("due")))
        failing = dict(Mark.objects.filter(attempts__gt=0).values_list("consumer").annotate(number=Count("id")))
    except DatabaseError:
        return JsonResponse({"status": "error", "database": "error"}, status=503)
    consumers = {
        name: {
            "oldest_mark_seconds": round((now - oldest[name]).total_seconds(), 1) if name in oldest else None,
            "failing": failing.get(name, 0),
        }
        for name in settings.CHANGE_CONSUMERS
    }
    return JsonResponse({"status": "ok", "database": "ok", "consumers": consumers})
