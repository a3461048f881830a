<?xml version="1.0" encoding="UTF-8"?>
<!-- OpenAIRE 4 for literature repositories (oai_openaire) from the XOAI document of an item, best after
     transformers/openaire4.xsl. What an item lacks is left out: the schema wants no element empty.

     In an XOAI document an unqualified value stands under schema/element/language/field, a qualified one under
     schema/element/qualifier/language/field. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    xmlns:oaire="http://namespace.openaire.eu/schema/oaire/"
    xmlns:datacite="http://datacite.org/schema/kernel-4"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="x">
  <xsl:import href="../vocabularies.xsl"/>
  <xsl:output method="xml" omit-xml-declaration="yes" indent="no"/>
  <!-- The elements of dc by name: found so in less than half of the time that going through all of them takes. -->
  <xsl:key name="dc" match="/x:metadata/x:element[@name='dc']/x:element" use="@name"/>

  <xsl:variable name="grant" select="'info:eu-repo/grantAgreement/'"/>
  <xsl:variable name="open" select="'http://purl.org/coar/access_right/c_abf2'"/>
  <!-- qualifier=type of DataCite, between blanks; other contributors are Other -->
  <xsl:variable name="contributor-types" select="' editor=Editor advisor=Supervisor supervisor=Supervisor sponsor=Sponsor
    contactperson=ContactPerson producer=Producer distributor=Distributor researchgroup=ResearchGroup '"/>
  <!-- qualifier=type of DataCite; other dates, such as when it came into the repository, are not shown -->
  <xsl:variable name="date-types" select="' issued=Issued copyright=Copyrighted created=Created submitted=Submitted
    updated=Updated modified=Updated valid=Valid collected=Collected '"/>

  <xsl:template match="/x:metadata">
    <xsl:variable name="files" select="x:element[@name='bundles']/x:element[x:field[@name='name']='ORIGINAL']
      /x:element[@name='bitstreams']/x:element"/>
    <xsl:variable name="others" select="x:element[@name='others']"/>
    <oaire:resource xsi:schemaLocation="http://namespace.openaire.eu/schema/oaire/ https://www.openaire.eu/schema/repo-lit/4.0/openaire.xsd">
      <xsl:call-template name="titles">
        <xsl:with-param name="titles" select="key('dc', 'title')//x:field[@name='value'][normalize-space()]"/>
      </xsl:call-template>
      <!-- DSpace keeps authors as contributors. -->
      <xsl:call-template name="creators">
        <xsl:with-param name="names" select="(key('dc', 'contributor')/x:element[@name='author'] | key('dc', 'creator'))
          //x:field[@name='value'][normalize-space()]"/>
      </xsl:call-template>
      <xsl:call-template name="contributors">
        <xsl:with-param name="names" select="key('dc', 'contributor')/x:element[@name!='author']//x:field[@name='value'][normalize-space()]"/>
        <xsl:with-param name="repository" select="x:element[@name='repository']"/>
      </xsl:call-template>
      <xsl:call-template name="funding">
        <xsl:with-param name="grants" select="key('dc', 'relation')//x:field[@name='value'][starts-with(normalize-space(), $grant)]"/>
      </xsl:call-template>
      <xsl:call-template name="identifiers">
        <xsl:with-param name="identifier" select="key('dc', 'identifier')/x:element"/>
      </xsl:call-template>
      <xsl:call-template name="dates">
        <xsl:with-param name="dates" select="key('dc', 'date')/x:element"/>
        <xsl:with-param name="embargo" select="$others/x:element[@name='access-status']/x:field[@name='embargo']"/>
      </xsl:call-template>
      <xsl:for-each select="key('dc', 'language')//x:field[@name='value'][normalize-space()]">
        <dc:language><xsl:value-of select="."/></dc:language>
      </xsl:for-each>
      <xsl:for-each select="key('dc', 'publisher')/x:element/x:field[@name='value'][normalize-space()]">
        <dc:publisher><xsl:value-of select="."/></dc:publisher>
      </xsl:for-each>
      <xsl:call-template name="resource-type">
        <xsl:with-param name="type" select="key('dc', 'type')/x:element/x:field[@name='value'][normalize-space()]"/>
      </xsl:call-template>
      <!-- Unqualified notes, abstracts and tables of contents. -->
      <xsl:for-each select="(key('dc', 'description')/x:element
          | key('dc', 'description')/x:element[@name='abstract' or @name='tableofcontents']/x:element)
          /x:field[@name='value'][normalize-space()]">
        <dc:description><xsl:call-template name="lang"/><xsl:value-of select="."/></dc:description>
      </xsl:for-each>
      <!-- The media types of the item's own files, each once. -->
      <xsl:variable name="formats" select="$files/x:field[@name='format'][normalize-space()]"/>
      <xsl:for-each select="$formats">
        <xsl:variable name="place" select="position()"/>
        <xsl:if test="not($formats[position() &lt; $place] = .)">
          <dc:format><xsl:value-of select="."/></dc:format>
        </xsl:if>
      </xsl:for-each>
      <xsl:call-template name="identifier">
        <xsl:with-param name="uri" select="key('dc', 'identifier')/x:element[@name='uri']//x:field[@name='value'][normalize-space()]"/>
      </xsl:call-template>
      <xsl:call-template name="rights">
        <xsl:with-param name="rights" select="key('dc', 'rights')/x:element/x:field[@name='value']"/>
        <xsl:with-param name="status" select="$others/x:element[@name='access-status']/x:field[@name='value']"/>
      </xsl:call-template>
      <xsl:for-each select="key('dc', 'source')//x:field[@name='value'][normalize-space()]">
        <dc:source><xsl:value-of select="."/></dc:source>
      </xsl:for-each>
      <xsl:call-template name="subjects">
        <xsl:with-param name="subjects" select="key('dc', 'subject')//x:field[@name='value'][normalize-space()]"/>
      </xsl:call-template>
      <xsl:for-each select="key('dc', 'coverage')//x:field[@name='value'][normalize-space()]">
        <dc:coverage><xsl:value-of select="."/></dc:coverage>
      </xsl:for-each>
      <xsl:if test="$files">
        <datacite:sizes>
          <xsl:for-each select="$files">
            <datacite:size><xsl:value-of select="x:field[@name='size']"/> bytes</datacite:size>
          </xsl:for-each>
        </datacite:sizes>
      </xsl:if>
      <!-- The document has the files that everybody may read, and no others. -->
      <xsl:for-each select="$files[x:field[@name='url']]">
        <oaire:file accessRightsURI="{$open}">
          <xsl:if test="normalize-space(x:field[@name='format'])">
            <xsl:attribute name="mimeType"><xsl:value-of select="x:field[@name='format']"/></xsl:attribute>
          </xsl:if>
          <xsl:value-of select="x:field[@name='url']"/>
        </oaire:file>
      </xsl:for-each>
      <xsl:apply-templates select="x:element[@name='oaire']/x:element[@name='citation']/x:element"/>
      <xsl:call-template name="licence">
        <xsl:with-param name="cc" select="$others/x:element[@name='cc']/x:field"/>
        <xsl:with-param name="rights" select="key('dc', 'rights')"/>
        <xsl:with-param name="issued" select="key('dc', 'date')/x:element[@name='issued']//x:field[@name='value']"/>
      </xsl:call-template>
    </oaire:resource>
  </xsl:template>

  <xsl:template name="titles">
    <xsl:param name="titles"/>
    <xsl:if test="$titles">
      <datacite:titles>
        <xsl:for-each select="$titles">
          <datacite:title>
            <xsl:call-template name="lang"/>
            <!-- A qualified value has one element more above it. -->
            <xsl:variable name="qualifier" select="translate(../../@name, $upper, $lower)"/>
            <xsl:if test="ancestor::x:element[4]">
              <xsl:attribute name="titleType">
                <xsl:choose>
                  <xsl:when test="$qualifier = 'alternative'">AlternativeTitle</xsl:when>
                  <xsl:when test="$qualifier = 'subtitle'">Subtitle</xsl:when>
                  <xsl:when test="$qualifier = 'translated' or $qualifier = 'translatedtitle'">TranslatedTitle</xsl:when>
                  <xsl:otherwise>Other</xsl:otherwise>
                </xsl:choose>
              </xsl:attribute>
            </xsl:if>
            <xsl:value-of select="."/>
          </datacite:title>
        </xsl:for-each>
      </datacite:titles>
    </xsl:if>
  </xsl:template>

  <xsl:template name="creators">
    <xsl:param name="names"/>
    <xsl:if test="$names">
      <datacite:creators>
        <xsl:for-each select="$names">
          <xsl:variable name="authority" select="following-sibling::x:field[1][@name='authority']"/>
          <datacite:creator>
            <datacite:creatorName><xsl:value-of select="."/></datacite:creatorName>
            <!-- An authority of the form of an ORCID is one. -->
            <xsl:if test="translate($authority, '123456789X', '0000000000') = '0000-0000-0000-0000'">
              <datacite:nameIdentifier nameIdentifierScheme="ORCID" schemeURI="http://orcid.org"><xsl:value-of select="$authority"/></datacite:nameIdentifier>
            </xsl:if>
          </datacite:creator>
        </xsl:for-each>
      </datacite:creators>
    </xsl:if>
  </xsl:template>

  <!-- Contributors; the repository is the hosting institution. -->
  <xsl:template name="contributors">
    <xsl:param name="names"/>
    <xsl:param name="repository"/>
    <xsl:variable name="host" select="$repository/x:field[@name='name'][normalize-space()]"/>
    <xsl:variable name="mail" select="normalize-space($repository/x:field[@name='mail'])"/>
    <xsl:if test="$names or $host">
      <datacite:contributors>
        <xsl:for-each select="$names">
          <xsl:variable name="entry" select="concat(' ', translate(../../@name, $upper, $lower), '=')"/>
          <datacite:contributor>
            <xsl:attribute name="contributorType">
              <xsl:choose>
                <xsl:when test="contains($contributor-types, $entry)">
                  <xsl:value-of select="substring-before(substring-after($contributor-types, $entry), ' ')"/>
                </xsl:when>
                <xsl:otherwise>Other</xsl:otherwise>
              </xsl:choose>
            </xsl:attribute>
            <datacite:contributorName><xsl:value-of select="."/></datacite:contributorName>
          </datacite:contributor>
        </xsl:for-each>
        <xsl:if test="$host">
          <datacite:contributor contributorType="HostingInstitution">
            <datacite:contributorName nameType="Organizational"><xsl:value-of select="$host"/></datacite:contributorName>
            <xsl:if test="$mail">
              <datacite:nameIdentifier nameIdentifierScheme="e-mail" schemeURI="mailto:{$mail}"><xsl:value-of select="$mail"/></datacite:nameIdentifier>
            </xsl:if>
          </datacite:contributor>
        </xsl:if>
      </datacite:contributors>
    </xsl:if>
  </xsl:template>

  <!-- info:eu-repo/grantAgreement/Funder/Programme/Number/[Jurisdiction]/[Name]/[Acronym] -->
  <xsl:template name="funding">
    <xsl:param name="grants"/>
    <xsl:variable name="named" select="$grants[substring-before(concat(substring-after(normalize-space(), $grant), '/'), '/')]"/>
    <xsl:if test="$named">
      <oaire:fundingReferences>
        <xsl:for-each select="$named">
          <xsl:variable name="path" select="concat(substring-after(normalize-space(), $grant), '//////')"/>
          <xsl:variable name="funder" select="substring-before($path, '/')"/>
          <xsl:variable name="after-funder" select="substring-after($path, '/')"/>
          <xsl:variable name="stream" select="substring-before($after-funder, '/')"/>
          <xsl:variable name="after-stream" select="substring-after($after-funder, '/')"/>
          <xsl:variable name="number" select="substring-before($after-stream, '/')"/>
          <xsl:variable name="title" select="substring-before(substring-after(substring-after($after-stream, '/'), '/'), '/')"/>
          <oaire:fundingReference>
            <xsl:choose>
              <xsl:when test="$funder = 'EC'">
                <oaire:funderName>European Commission</oaire:funderName>
                <oaire:funderIdentifier funderIdentifierType="Crossref Funder ID">http://doi.org/10.13039/501100000780</oaire:funderIdentifier>
              </xsl:when>
              <xsl:otherwise><oaire:funderName><xsl:value-of select="$funder"/></oaire:funderName></xsl:otherwise>
            </xsl:choose>
            <xsl:if test="$stream"><oaire:fundingStream><xsl:value-of select="$stream"/></oaire:fundingStream></xsl:if>
            <xsl:if test="$number"><oaire:awardNumber><xsl:value-of select="$number"/></oaire:awardNumber></xsl:if>
            <xsl:if test="$title"><oaire:awardTitle><xsl:value-of select="$title"/></oaire:awardTitle></xsl:if>
          </oaire:fundingReference>
        </xsl:for-each>
      </oaire:fundingReferences>
    </xsl:if>
  </xsl:template>

  <!-- Other identifiers of the same work, and those of what it is part of. -->
  <xsl:template name="identifiers">
    <xsl:param name="identifier"/>
    <xsl:variable name="uris" select="$identifier[@name='uri']//x:field[@name='value'][normalize-space()]"/>
    <xsl:variable name="dois" select="$identifier[@name='doi']//x:field[@name='value'][normalize-space()]"/>
    <xsl:variable name="parts" select="$identifier[@name='issn' or @name='isbn']//x:field[@name='value'][normalize-space()]"/>
    <xsl:if test="$dois or count($uris) &gt; 1">
      <datacite:alternateIdentifiers>
        <xsl:for-each select="$uris[position() &gt; 1]">
          <datacite:alternateIdentifier>
            <xsl:attribute name="alternateIdentifierType"><xsl:call-template name="identifier-type"/></xsl:attribute>
            <xsl:value-of select="."/>
          </datacite:alternateIdentifier>
        </xsl:for-each>
        <xsl:for-each select="$dois">
          <datacite:alternateIdentifier alternateIdentifierType="DOI"><xsl:value-of select="."/></datacite:alternateIdentifier>
        </xsl:for-each>
      </datacite:alternateIdentifiers>
    </xsl:if>
    <xsl:if test="$parts">
      <datacite:relatedIdentifiers>
        <xsl:for-each select="$parts">
          <datacite:relatedIdentifier relatedIdentifierType="{translate(ancestor::x:element[2]/@name, $lower, $upper)}" relationType="IsPartOf">
            <xsl:value-of select="normalize-space()"/>
          </datacite:relatedIdentifier>
        </xsl:for-each>
      </datacite:relatedIdentifiers>
    </xsl:if>
  </xsl:template>

  <!-- One identifier: the first URI, else where the item is shown. -->
  <xsl:template name="identifier">
    <xsl:param name="uri"/>
    <datacite:identifier>
      <xsl:choose>
        <xsl:when test="$uri"><xsl:for-each select="$uri[1]">
          <xsl:attribute name="identifierType"><xsl:call-template name="identifier-type"/></xsl:attribute>
          <xsl:value-of select="."/>
        </xsl:for-each></xsl:when>
        <xsl:otherwise>
          <xsl:attribute name="identifierType">URL</xsl:attribute>
          <xsl:value-of select="concat(x:element[@name='repository']/x:field[@name='url'], '/handle/', x:element[@name='others']/x:field[@name='handle'])"/>
        </xsl:otherwise>
      </xsl:choose>
    </datacite:identifier>
  </xsl:template>

  <xsl:template name="identifier-type">
    <xsl:variable name="value" select="translate(normalize-space(), $upper, $lower)"/>
    <xsl:choose>
      <xsl:when test="contains($value, '://doi.org/') or contains($value, '://dx.doi.org/') or starts-with($value, 'doi:') or starts-with($value, '10.')">DOI</xsl:when>
      <xsl:when test="contains($value, '://hdl.handle.net/') or starts-with($value, 'hdl:')">HANDLE</xsl:when>
      <xsl:when test="contains($value, 'ark:/')">ARK</xsl:when>
      <xsl:when test="starts-with($value, 'urn:')">URN</xsl:when>
      <xsl:when test="contains($value, '://purl.')">PURL</xsl:when>
      <xsl:otherwise>URL</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The publication date is Issued. An embargo goes from Accepted to Available, as the guidelines have it. -->
  <xsl:template name="dates">
    <xsl:param name="dates"/>
    <xsl:param name="embargo"/>
    <xsl:variable name="issued" select="$dates[@name='issued']//x:field[@name='value'][normalize-space()]"/>
    <xsl:variable name="end" select="normalize-space(($embargo | $dates[not($embargo)][@name='embargoEnd' or @name='embargo']//x:field[@name='value'])[1])"/>
    <xsl:variable name="values" select="$dates[contains($date-types, concat(' ', @name, '='))]//x:field[@name='value'][normalize-space()]"/>
    <xsl:if test="$values or $end">
      <datacite:dates>
        <xsl:if test="$end">
          <xsl:if test="$issued"><datacite:date dateType="Accepted"><xsl:value-of select="$issued"/></datacite:date></xsl:if>
          <datacite:date dateType="Available"><xsl:value-of select="$end"/></datacite:date>
        </xsl:if>
        <xsl:for-each select="$values">
          <xsl:variable name="entry" select="concat(' ', ancestor::x:element[2]/@name, '=')"/>
          <datacite:date dateType="{substring-before(substring-after($date-types, $entry), ' ')}"><xsl:value-of select="."/></datacite:date>
        </xsl:for-each>
      </datacite:dates>
    </xsl:if>
  </xsl:template>

  <!-- One resource type: that of the first value. -->
  <xsl:template name="resource-type">
    <xsl:param name="type"/>
    <xsl:variable name="row">
      <xsl:call-template name="coar-type">
        <xsl:with-param name="word"><xsl:call-template name="word"><xsl:with-param name="value" select="$type"/></xsl:call-template></xsl:with-param>
      </xsl:call-template>
    </xsl:variable>
    <xsl:variable name="general" select="substring-before(substring-after($row, '>'), '>')"/>
    <oaire:resourceType uri="http://purl.org/coar/resource_type/{substring-before($row, '>')}">
      <xsl:attribute name="resourceTypeGeneral">
        <xsl:choose>
          <xsl:when test="$general = 'l'">literature</xsl:when>
          <xsl:when test="$general = 'd'">dataset</xsl:when>
          <xsl:when test="$general = 's'">software</xsl:when>
          <xsl:otherwise>other research product</xsl:otherwise>
        </xsl:choose>
      </xsl:attribute>
      <xsl:value-of select="substring-after(substring-after($row, '>'), '>')"/>
    </oaire:resourceType>
  </xsl:template>

  <!-- One access right: what the policies of the files say, else what dc.rights says. -->
  <xsl:template name="rights">
    <xsl:param name="rights"/>
    <xsl:param name="status"/>
    <xsl:variable name="rows">
      <xsl:apply-templates select="$status" mode="right"/>
      <xsl:apply-templates select="$rights" mode="right"/>
    </xsl:variable>
    <xsl:variable name="first" select="substring-before($rows, '|')"/>
    <xsl:if test="$first">
      <datacite:rights rightsURI="http://purl.org/coar/access_right/{substring-before($first, '>')}"><xsl:value-of select="substring-after($first, '>')"/></datacite:rights>
    </xsl:if>
  </xsl:template>

  <xsl:template match="x:field" mode="right">
    <xsl:variable name="row">
      <xsl:call-template name="coar-right">
        <xsl:with-param name="word"><xsl:call-template name="word"/></xsl:with-param>
      </xsl:call-template>
    </xsl:variable>
    <xsl:if test="string($row)"><xsl:value-of select="concat($row, '|')"/></xsl:if>
  </xsl:template>

  <xsl:template name="subjects">
    <xsl:param name="subjects"/>
    <xsl:if test="$subjects">
      <datacite:subjects>
        <xsl:for-each select="$subjects">
          <datacite:subject>
            <xsl:call-template name="lang"/>
            <!-- A qualified value has one element more above it; the qualifier is the scheme. -->
            <xsl:if test="ancestor::x:element[4] and ../../@name != 'other'">
              <xsl:attribute name="subjectScheme"><xsl:value-of select="translate(../../@name, $lower, $upper)"/></xsl:attribute>
            </xsl:if>
            <xsl:value-of select="."/>
          </datacite:subject>
        </xsl:for-each>
      </datacite:subjects>
    </xsl:if>
  </xsl:template>

  <!-- oaire.citation.*: where it was published; one of each. -->
  <xsl:template match="x:element[@name='oaire']/x:element[@name='citation']/x:element">
    <xsl:variable name="entry" select="concat(' ', @name, ' ')"/>
    <xsl:variable name="value" select="x:element/x:field[@name='value'][normalize-space()]"/>
    <xsl:if test="$value and contains(' title volume issue startPage endPage edition conferencePlace conferenceDate ', $entry)">
      <xsl:element name="oaire:citation{translate(substring(@name, 1, 1), $lower, $upper)}{substring(@name, 2)}">
        <xsl:value-of select="$value"/>
      </xsl:element>
    </xsl:if>
  </xsl:template>

  <!-- The licence: that of Creative Commons, else what dc.rights.license and dc.rights.uri say. -->
  <xsl:template name="licence">
    <xsl:param name="cc"/>
    <xsl:param name="rights"/>
    <xsl:param name="issued"/>
    <xsl:variable name="uri" select="normalize-space(($cc[@name='uri'] | $rights[not($cc)]/x:element[@name='uri']//x:field[@name='value'])[1])"/>
    <xsl:variable name="name" select="normalize-space(($cc[@name='name'] | $rights[not($cc)]/x:element[@name='license']//x:field[@name='value'])[1])"/>
    <xsl:if test="$uri or $name">
      <oaire:licenseCondition>
        <xsl:if test="$issued"><xsl:attribute name="startDate"><xsl:value-of select="$issued"/></xsl:attribute></xsl:if>
        <xsl:if test="$uri"><xsl:attribute name="uri"><xsl:value-of select="$uri"/></xsl:attribute></xsl:if>
        <xsl:value-of select="$name"/>
        <xsl:if test="not($name)"><xsl:value-of select="$uri"/></xsl:if>
      </oaire:licenseCondition>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
